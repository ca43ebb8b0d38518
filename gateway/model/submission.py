"""A submission: one accepted message with its envelope; the unit of "250 OK"."""

from dataclasses import dataclass, field
from datetime import datetime

from gateway.model.envelope import Envelope
from gateway.model.ids import BlobRef, SubmissionId
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions

#: Who gets a fax: the number, and who behind it (tones that are dialled there, and the sub-address).
Destination = tuple[FaxNumber, str, str]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One fax number a submission goes to, and the address it was written as."""

    address: str
    number: FaxNumber
    name: str = ""  #: of the person who gets the fax, as far as the address says it
    company: str = ""
    options: JobOptions = field(default_factory=JobOptions)

    @property
    def destination(self) -> Destination:
        """What a mail to several addresses sends to once."""
        return self.number, self.options.tones, self.options.sub_address


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """A message that is about to be accepted. Its raw bytes are stored together with the rows."""

    envelope: Envelope
    recipients: tuple[Recipient, ...]  #: one job each
    client: str  #: where it came from, for the trace: "smtp 127.0.0.1"


@dataclass(frozen=True, slots=True)
class Submission:
    """An accepted message."""

    id: SubmissionId
    mail_from: str
    message: BlobRef  #: the raw RFC 5322 message
    client: str
    accepted_at: datetime
    pages: BlobRef | None = None  #: TIFF class F, once rendered; shared by all jobs of the submission
    page_count: int = 0
