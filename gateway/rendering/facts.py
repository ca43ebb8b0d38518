"""What a mail says about itself, for cover pages and rules. Untrusted; each is one line."""

import re
from datetime import datetime
from email.utils import parseaddr, parsedate_to_datetime

from gateway.rendering.mail_documents import MessageFacts
from gateway.rendering.mime import Part, parse

#: Commands in subjects, which nobody shall read (gateway/resolving/options/gfi.py).
_COMMANDS = re.compile(r"\s*\[::[^\[\]]{0,500}\]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}\b")


def facts_of(header: bytes) -> MessageFacts:
    """The facts of the mail that begins with these bytes."""
    return facts_in(parse(header, []))


def facts_in(root: Part) -> MessageFacts:
    """The facts of a mail that was taken apart."""
    name, address = parseaddr(root.header("from"))
    language = _LANGUAGE.match(root.header("content-language").strip())
    return MessageFacts(
        subject=_COMMANDS.sub("", _one_line(root.header("subject"))).strip(),
        sender_name=_one_line(name or address),
        date=_date(root.header("date")),
        language=language[0].lower() if language else "",
    )


def _one_line(text: str) -> str:
    return "".join(c for c in text if c.isprintable())[:500]


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text[:100])
    except (ValueError, TypeError, OverflowError):
        return None
