"""A job: one document to one fax number; the unit of the queue."""

from dataclasses import dataclass, field
from datetime import datetime

from gateway.model.ids import BlobRef, JobId, SubmissionId
from gateway.model.lifecycle import JobState
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed, in words for its sender."""

    code: str  #: a heading in docs/errors.md
    reason: str  #: what happened, one sentence
    remedy: str  #: what to do next, one sentence


@dataclass(frozen=True, slots=True)
class Sender:
    """The person (or application) a job belongs to."""

    mail: str
    name: str = ""
    station_id: str = ""  #: TSI on the fax; "" means the gateway's own
    caller_number: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the queue, as it was read. Owned while its state ends in "ing" (`leased_by`)."""

    id: JobId
    submission_id: SubmissionId
    state: JobState
    number: FaxNumber
    address: str  #: the recipient as it was written
    created_at: datetime
    due_at: datetime  #: when it may be claimed
    attempts: int = 0  #: calls made so far
    pages_confirmed: int = 0  #: pages of the document that the far end has, over all attempts
    sender: Sender | None = None  #: known from `resolved` on
    pages: BlobRef | None = None  #: TIFF class F; known from `rendered` on
    page_count: int = 0
    failure: Failure | None = None
    leased_by: str | None = None
    leased_until: datetime | None = None
    recipient_name: str = ""
    recipient_company: str = ""
    options: JobOptions = field(default_factory=JobOptions)  #: what the sender asked for
    version: int = 0  #: grows with every change of state, so that a row that moved on can be told
