"""The rows of the calls under way on this node, and the files that their pages are written to.

A row is opened before the call, renewed while it lasts, and closed with the pages that were confirmed. Rows
whose call died with its process are found by their lease.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path
from uuid import uuid4

from gateway.errors import StoreUnavailable
from gateway.model.ids import JobId, ReceivedId
from gateway.model.received import ReceivedFax, ReceivedState
from gateway.ports.received_log import ReceivedLog
from telephony import Transmission
from telephony.errors import UnreadablePages
from telephony.page_file import keep_pages, whole_pages

_log = logging.getLogger("faxgw.receiving")

_CLOSE_AGAIN = (0.2, 1.0, 5.0)  # seconds to the next try; the last one for ever


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A row, and the file its pages are written to."""

    id: ReceivedId
    spool: Path


class Keeper:
    """Opens, renews and closes rows of this node."""

    def __init__(self, received: ReceivedLog, spool: Path, lease: timedelta) -> None:
        self._received = received
        self._spool = spool
        self._lease = lease
        self._ours: set[ReceivedId] = set()  # rows of the calls under way here

    @asynccontextmanager
    async def row(
        self,
        *,
        call_id: str = "",
        called: str = "",
        caller: str = "",
        job_id: JobId | None = None,
        mailbox: str = "",
    ) -> AsyncIterator[OpenRow]:
        """A row that is ours inside the context. Who leaves without closing it leaves it to the repair.

        Raises:
            StoreUnavailable: there is no row, so there must be no call.
        """
        await asyncio.to_thread(self._spool.mkdir, parents=True, exist_ok=True)
        spool = self._spool / f"{uuid4().hex}.tif"
        received_id = await self._received.open(
            call_id=call_id,
            called=called,
            caller=caller,
            spool=spool,
            lease=self._lease,
            job_id=job_id,
            mailbox=mailbox,
        )
        self._ours.add(received_id)
        try:
            yield OpenRow(received_id, spool)
        finally:
            self._ours.discard(received_id)

    async def renew(self) -> None:
        """The rows of calls under way stay ours."""
        for received_id in tuple(self._ours):
            await self._received.renew(received_id, self._lease)

    async def abandoned(self) -> list[ReceivedFax]:
        """Rows whose call has died with its process."""
        return [row for row in await self._received.abandoned() if row.id not in self._ours]

    async def close(
        self,
        row: OpenRow,
        *,
        confirmed: int | None,
        complete: bool,
        mailboxes: tuple[str, ...],
        transmission: Transmission | None,
        detail: str,
    ) -> int:
        """The row is closed with its confirmed pages (None: all that can be read), however long it takes.

        Returns how many they are.
        """
        count = await asyncio.to_thread(_keep, row.spool, confirmed)
        if confirmed is not None and count < confirmed:
            _log.error("%s: %d pages were confirmed, %d can be read", row.spool, confirmed, count)
            complete = False
        for pause in chain(_CLOSE_AGAIN, repeat(_CLOSE_AGAIN[-1])):
            try:
                await self._received.close(
                    row.id,
                    pages=row.spool if count else None,
                    page_count=count,
                    complete=complete and count > 0,
                    mailboxes=mailboxes if count else (),
                    transmission=transmission,
                    detail=detail,
                )
                break
            except StoreUnavailable as error:
                _log.error("received fax %s is not stored yet: %s", row.id, error)
                await asyncio.sleep(pause)
        await asyncio.to_thread(row.spool.unlink, missing_ok=True)
        return count

    async def sweep(self) -> None:
        """Spool files whose fax is stored are gone: a crash may come between the two."""
        # The files first: a call that comes in meanwhile has its row before its file.
        files = await asyncio.to_thread(lambda: [*self._spool.glob("*.tif"), *self._spool.glob("*.kept")])
        stored = {
            row.spool.stem for row in await self._received.list() if row.state is not ReceivedState.RECEIVING
        }
        for file in files:
            if file.stem in stored:
                await asyncio.to_thread(file.unlink, missing_ok=True)


def _keep(spool: Path, confirmed: int | None) -> int:
    """How many pages the spool file holds now: the confirmed ones, or all that can be read."""
    try:
        readable = len(whole_pages(spool))
    except UnreadablePages:
        return 0
    wanted = readable if confirmed is None else min(readable, confirmed)
    if wanted == 0:
        return 0
    kept = spool.with_suffix(".kept")
    keep_pages(spool, kept, wanted)
    kept.replace(spool)
    return wanted
