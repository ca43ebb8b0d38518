"""The record of faxes that came in. A row is written before we answer (proved by tests/contract)."""

from datetime import timedelta
from pathlib import Path
from typing import Protocol

from gateway.model.ids import JobId, ReceivedId
from gateway.model.received import ReceivedFax
from telephony import Transmission


class ReceivedLog(Protocol):
    """Received faxes."""

    async def open(
        self,
        *,
        call_id: str,
        called: str,
        caller: str,
        spool: Path,
        lease: timedelta,
        job_id: JobId | None = None,
        mailbox: str = "",
    ) -> ReceivedId:
        """The id of the row, durable before the call is answered, or dialled; owned by this node.

        A fax that is fetched has the job that does it, and its sender's mailbox.
        """
        ...

    async def renew(self, received_id: ReceivedId, lease: timedelta) -> None:
        """The lease runs `lease` longer from now."""
        ...

    async def close(
        self,
        received_id: ReceivedId,
        *,
        pages: Path | None,
        page_count: int,
        complete: bool,
        mailboxes: tuple[str, ...],
        transmission: Transmission | None = None,
        detail: str = "",
    ) -> None:
        """The fax is `received`, `partial` or `empty`; its pages are a blob; its mailboxes are owed a mail.

        All in one transaction. `pages` is copied into the blobs first and may be removed afterwards.
        """
        ...

    async def abandoned(self) -> list[ReceivedFax]:
        """The rows of this node whose call died with its process, now leased to the caller."""
        ...

    async def fetched_by(self, job_id: JobId) -> ReceivedFax | None:
        """The complete fax that this job has fetched, if it has."""
        ...

    async def get(self, received_id: ReceivedId) -> ReceivedFax:
        """The received fax. KeyError when there is none."""
        ...

    async def list(self, limit: int = 1000) -> list[ReceivedFax]:
        """Received faxes, newest first."""
        ...
