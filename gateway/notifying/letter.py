"""What every mail of the gateway is made of: its letterhead, words, enclosures and the fields for programs.

No value from outside can add a header: line breaks and control characters are taken out of everything that
becomes one.

Spec: RFC 3834 (automatic answers), RFC 5322 3.6.4 (threading), RFC 2387 and 2392 (the picture in the HTML).
"""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.utils import format_datetime

from gateway.model.notification import Notification, NotificationKind
from gateway.notifying import words
from gateway.notifying.templates import fill_html, fill_text

_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NOT_ASCII = re.compile(r"[^ -~]")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
PICTURE = "page1.fax"  #: Content-ID, unique within its mail


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all answers of a gateway have in common."""

    sender: str  #: From
    node: str
    timezone: tzinfo | None = None  #: None means the machine's own


@dataclass(frozen=True, slots=True)
class Original:
    """The mail that is answered."""

    message_id: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """The fax itself, as far as it can be shown."""

    pdf: bytes | None = None
    picture: bytes | None = None  #: PNG of page 1
    note: str = ""  #: why something is missing
    returned: Message | None = None  #: the mail that is answered, or its header, for who asked for a report


def new_letter(
    notification: Notification, kind: str, facts: dict[str, str], enclosure: Enclosure, letterhead: Letterhead
) -> EmailMessage:
    """The mail that tells this, with the words of `kind` filled in; enclosures are not in it yet."""
    subject, text = fill_text(kind, facts)
    message = EmailMessage()
    message["Subject"] = line(subject)
    message["From"] = line(letterhead.sender)
    _address(message, line(notification.mailbox))
    # The time it was owed first, so that every try is the same mail.
    message["Date"] = format_datetime(notification.created_at.astimezone(letterhead.timezone))
    if _MESSAGE_ID.fullmatch(notification.message_id):
        message["Message-ID"] = notification.message_id
    is_answer = notification.kind not in (NotificationKind.RECEIVED, NotificationKind.APPROVAL)
    message["Auto-Submitted"] = "auto-replied" if is_answer else "auto-generated"
    message.set_content(text)
    message.add_alternative(fill_html(kind, facts), subtype="html")
    if enclosure.picture:
        html = message.get_payload(1)
        assert isinstance(html, EmailMessage)  # add_alternative has just put it there
        html.add_related(
            enclosure.picture, "image", "png", cid=f"<{PICTURE}>", filename="page1.png", disposition="inline"
        )
    return message


def _address(message: EmailMessage, mailbox: str) -> None:
    """The mail is for `mailbox`. The envelope decides where it goes, also when no header can say it."""
    try:
        message["To"] = mailbox
    except (AttributeError, IndexError, ValueError, MessageError):
        # The library's parser stumbles over addresses that are none, like ".:".
        message["To"] = "undisclosed-recipients:;"


def answer_to(message: EmailMessage, message_id: str) -> None:
    """The mail is an answer to that one (RFC 5322 3.6.4)."""
    if _MESSAGE_ID.fullmatch(message_id):
        message["In-Reply-To"] = message_id
        message["References"] = message_id


def enclose(message: EmailMessage, enclosure: Enclosure, name: str) -> None:
    """The mail has the fax, where there is one, as a PDF of that name."""
    if enclosure.pdf:
        message.add_attachment(enclosure.pdf, maintype="application", subtype="pdf", filename=name)


def add_machine_readable(message: EmailMessage, facts: dict[str, str]) -> None:
    """The mail says these facts to programs, in X-Fax fields; empty ones are left out."""
    for name, fact in facts.items():
        if fact:
            message[f"X-Fax-{name}"] = _NOT_ASCII.sub("?", line(fact))


def when(at: datetime | None, letterhead: Letterhead) -> str:
    """A moment as people of the site write it; "" for none."""
    if at is None:
        return ""
    local = at.astimezone(letterhead.timezone)
    return f"{local.day} {local:%B %Y, %H:%M %Z}".strip()


def duration(started_at: datetime, ended_at: datetime | None) -> str:
    """How long it took, in words; "" while it lasts."""
    return words.duration_in_words(round((ended_at - started_at).total_seconds())) if ended_at else ""


def line(text: str) -> str:
    """One line without control characters, fit for a header."""
    return " ".join(_ODD.sub(" ", text).split())
