"""Commands in the text of a mail, wherever it has one: as text, as HTML, or as both."""

from collections.abc import Collection
from email import policy
from email.message import Message
from email.parser import BytesParser

from gateway.model.body_codes import read_codes
from gateway.model.options import Wish

SIZE = 1024 * 1024  # bytes of a message in which commands are looked for
_PARSER = BytesParser(policy=policy.compat32)  # reads anything
_TEXTS = frozenset({"text/plain", "text/html"})


def wishes(message: bytes, dialects: Collection[str]) -> list[Wish]:
    """The wishes in every text of the mail, each of them once."""
    try:
        parts = [part for part in _PARSER.parsebytes(message[:SIZE]).walk() if _is_text(part)]
    except RecursionError:  # a thousand parts in one another: nothing that somebody wrote
        return []
    found = [
        wish
        for part in parts
        for wish in read_codes(_text(part), dialects, is_html=part.get_content_type() == "text/html")[0]
    ]
    return list(dict.fromkeys(found))


def _is_text(part: Message) -> bool:
    is_attached = part.get_content_disposition() == "attachment" or part.get_filename()
    return part.get_content_type() in _TEXTS and not is_attached


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(str(part.get_param("charset") or "utf-8"), "replace")
    except (LookupError, ValueError):
        return content.decode("latin-1")
