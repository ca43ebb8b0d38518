"""A call comes in -> its pages are owed to a mailbox.

In this order, because the process may die between any two steps:
1. The row is written. From here on the pages belong to it.
2. The call is answered. Each page is on disk before the sending machine is told that we have it.
3. The row is closed: pages, state and the mails to the mailboxes, in one transaction.

Rows whose call died with its process are found by `repair`, which keeps every page that can be read.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path
from uuid import uuid4

from gateway import faxlog
from gateway.config.schema import ReceivingSection
from gateway.errors import InvariantError, StoreUnavailable
from gateway.model.ids import ReceivedId
from gateway.model.received import ReceivedFax, ReceivedState
from gateway.ports.received_log import ReceivedLog
from gateway.receiving.routing import Routes
from telephony import CallEvent, Disposition, FaxEngine, IncomingCall, PageConfirmed, Transmission
from telephony.errors import UnreadablePages
from telephony.page_file import keep_pages, whole_pages

_log = logging.getLogger("faxgw.receiving")

_BUSY_HERE, _NOT_FOUND, _UNAVAILABLE = 486, 404, 503  # RFC 3261 21.4, 21.5
_ID_LENGTH = 20  # characters of a CSI (ITU-T T.30 5.3.6.2.4)
_CLOSE_AGAIN = (0.2, 1.0, 5.0)  # seconds to the next try; the last one for ever


class ReceivingWorker:
    """Takes the calls that come in."""

    def __init__(
        self,
        *,
        engine: FaxEngine,
        received: ReceivedLog,
        spool: Path,
        section: ReceivingSection,
        did: Mapping[str, tuple[str, ...]],
        lease: timedelta,
        grace: timedelta = timedelta(seconds=60),
    ) -> None:
        self._engine = engine
        self._received = received
        self._spool = spool
        self._section = section
        self._routes = Routes(did, section.operators)
        self._lease = lease
        self._grace = grace  # how long calls may go on after a stop
        self._calls: set[asyncio.Task[None]] = set()
        self._ours: set[ReceivedId] = set()  # rows of the calls under way here

    async def run(self, stopping: asyncio.Event) -> None:
        """Takes calls until `stopping` is set, and then refuses new ones until the last one is over."""
        await asyncio.to_thread(self._spool.mkdir, parents=True, exist_ok=True)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen(group, stopping))
            caring = group.create_task(self._care())
            await stopping.wait()
            if self._calls:
                await asyncio.wait(self._calls, timeout=self._grace.total_seconds())
            for call in self._calls:
                call.cancel()
            listening.cancel()
            caring.cancel()

    async def repair(self) -> int:
        """How many rows were closed whose call had died with its process."""
        rows = [row for row in await self._received.abandoned() if row.id not in self._ours]
        for row in rows:
            await self._close_abandoned(row)
        return len(rows)

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

    async def _listen(self, group: asyncio.TaskGroup, stopping: asyncio.Event) -> None:
        async for call in self._engine.incoming():
            faxlog.call_arrived(call_id=call.call_id, called=call.called, caller=call.caller)
            mailboxes = self._routes.mailboxes(call.called)
            if stopping.is_set():
                await call.reject(_UNAVAILABLE)
            elif not mailboxes:
                _log.warning("%s was called: neither in [did] nor is there receiving.operators", call.called)
                await call.reject(_NOT_FOUND)
            elif len(self._calls) >= self._section.channels:
                await call.reject(_BUSY_HERE)
            else:
                task = group.create_task(self._take(call, mailboxes), name=f"receiving {call.call_id}")
                self._calls.add(task)
                task.add_done_callback(self._calls.discard)

    async def _take(self, call: IncomingCall, mailboxes: tuple[str, ...]) -> None:
        spool = self._spool / f"{uuid4().hex}.tif"
        try:
            received_id = await self._received.open(
                call_id=call.call_id, called=call.called, caller=call.caller, spool=spool, lease=self._lease
            )
        except StoreUnavailable as error:
            _log.error("call %s refused: %s", call.call_id, error)
            await call.reject(_UNAVAILABLE)
            return
        self._ours.add(received_id)
        try:
            await self._receive(call, received_id, spool, mailboxes)
        except Exception:  # noqa: BLE001 - our bug: the pages are kept
            # The row stays open; `repair` closes it with what is on disk.
            _log.exception("call %s: its pages are in %s", call.call_id, spool)
        finally:
            self._ours.discard(received_id)

    async def _receive(
        self, call: IncomingCall, received_id: ReceivedId, spool: Path, mailboxes: tuple[str, ...]
    ) -> None:
        confirmed = 0

        def hear(event: CallEvent) -> None:
            nonlocal confirmed
            confirmed += isinstance(event, PageConfirmed)

        transmission: Transmission | None = None
        stop: asyncio.CancelledError | None = None
        try:
            station_id = self._section.station_id[:_ID_LENGTH]
            transmission = await call.receive(spool, local_id=station_id, on_event=hear)
        except asyncio.CancelledError as error:
            stop = error
        await self._close(
            received_id,
            spool=spool,
            confirmed=transmission.pages_confirmed if transmission else confirmed,
            complete=transmission is not None and transmission.disposition is Disposition.DELIVERED,
            mailboxes=mailboxes,
            transmission=transmission,
            detail=transmission.detail if transmission else "The gateway ended the call to stop.",
        )
        faxlog.fax_received(
            received_id,
            called=call.called,
            caller=call.caller,
            remote_id=transmission.remote_id if transmission else "",
            pages=transmission.pages_confirmed if transmission else confirmed,
            complete=transmission is not None and transmission.disposition is Disposition.DELIVERED,
            mailboxes=mailboxes,
        )
        if stop is not None:
            raise stop

    async def _close(
        self,
        received_id: ReceivedId,
        *,
        spool: Path,
        confirmed: int | None,
        complete: bool,
        mailboxes: tuple[str, ...],
        transmission: Transmission | None,
        detail: str,
    ) -> None:
        """The row is closed with its confirmed pages (None: all that can be read), however long it takes."""
        count = await asyncio.to_thread(_keep, spool, confirmed)
        if confirmed is not None and count < confirmed:
            _log.error("%s: %d pages were confirmed, %d can be read", spool, confirmed, count)
            complete = False
        for pause in chain(_CLOSE_AGAIN, repeat(_CLOSE_AGAIN[-1])):
            try:
                await self._received.close(
                    received_id,
                    pages=spool if count else None,
                    page_count=count,
                    complete=complete and count > 0,
                    mailboxes=mailboxes if count else (),
                    transmission=transmission,
                    detail=detail,
                )
                break
            except StoreUnavailable as error:
                _log.error("received fax %s is not stored yet: %s", received_id, error)
                await asyncio.sleep(pause)
        await asyncio.to_thread(spool.unlink, missing_ok=True)

    async def _close_abandoned(self, row: ReceivedFax) -> None:
        mailboxes = self._routes.mailboxes(row.called)
        await self._close(
            row.id,
            spool=row.spool,
            confirmed=None,
            complete=False,
            mailboxes=mailboxes,
            transmission=None,
            detail="The gateway stopped during the call.",
        )
        closed = await self._received.get(row.id)
        faxlog.fax_received(
            row.id,
            called=row.called,
            caller=row.caller,
            remote_id=row.remote_id,
            pages=closed.page_count,
            complete=False,
            mailboxes=mailboxes,
        )

    async def _care(self) -> None:
        """Leases of calls under way are renewed, and rows of dead ones are repaired, for ever."""
        swept = False
        while True:
            try:
                for received_id in tuple(self._ours):
                    await self._received.renew(received_id, self._lease)
                await self.repair()
                if not swept:
                    await self.sweep()
                    swept = True
            except (StoreUnavailable, InvariantError) as error:
                _log.warning("received faxes: %s", error)
            await asyncio.sleep(self._lease.total_seconds() / 3)


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
