"""A mail taken apart: its documents, what it says about itself, and what was decided on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from renderers import DocumentError

Related = Mapping[str, tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """One document of a mail."""

    name: str  #: as the sender knows it; safe as a file name
    content: bytes
    media_type: str  #: as declared, lower case; text of the mail itself says `charset=utf-8`, and is
    related: Related = field(
        default_factory=dict
    )  #: HTML: Content-ID -> media type and bytes of the pictures it shows
    fault: DocumentError | None = None  #: why it cannot be faxed, when that is known already
    letter: int = field(default=0, compare=False)  #: of texts: which of the mails in the mail it is of


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What a mail says about itself. Untrusted; each is one line."""

    subject: str = ""
    sender_name: str = ""  #: of From; its address when it has no name
    date: datetime | None = None  #: aware when the mail says its time zone
    language: str = ""  #: of Content-Language (RFC 3282), without the country


@dataclass(frozen=True, slots=True)
class MailDocuments:
    """A mail taken apart."""

    parts: tuple[DocumentPart, ...]
    facts: MessageFacts
    defects: tuple[str, ...] = field(default=())  #: for the operator
    notes: tuple[str, ...] = field(default=())  #: what was decided about it, for the job's trace
