"""A received fax: one call that came in, or was made to fetch it, and the pages it left on our disk."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from gateway.model.ids import BlobRef, JobId, ReceivedId


class ReceivedState(StrEnum):
    """Where a received fax is. `-ing` is owned by a node."""

    RECEIVING = "receiving"  #: the call is under way, or its node died
    RECEIVED = "received"  #: complete, its mailboxes are owed a notification
    PARTIAL = "partial"  #: the call broke after at least one page; likewise owed
    EMPTY = "empty"  #: no page arrived; kept for the record


@dataclass(frozen=True, slots=True)
class ReceivedFax:
    """One call and its pages."""

    id: ReceivedId
    state: ReceivedState
    call_id: str
    called: str  #: "" when we called to fetch it
    caller: str  #: or the number that we fetched it from
    spool: Path  #: the TIFF being written, on the node that took the call
    node: str
    started_at: datetime
    ended_at: datetime | None = None
    remote_id: str = ""
    sub_address: str = ""  #: who behind the number was meant (SUB)
    page_count: int = 0  #: confirmed pages
    pages: BlobRef | None = None
    detail: str = ""
    job_id: JobId | None = None  #: of the job that fetched it (polling)
    mailbox: str = ""  #: of that job's sender
