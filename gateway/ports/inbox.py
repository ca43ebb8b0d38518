"""Where a fax that we call for (polling) is kept and delivered, like one that comes in."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from gateway.model.ids import JobId
from gateway.model.job import Job
from telephony import Transmission

#: Makes the call, with its pages in this file as they are confirmed.
PollingCall = Callable[[Path], Awaitable[Transmission]]


class Inbox(Protocol):
    """Fetched faxes."""

    async def fetch(self, job: Job, call: PollingCall) -> Transmission:
        """The facts of the call; the pages it brought are kept, and owed to the sender of the job."""
        ...

    async def pages_fetched(self, job_id: JobId) -> int:
        """Of the complete fax that the job has fetched; 0 when there is none yet."""
        ...
