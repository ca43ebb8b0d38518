"""A call comes in -> its pages are owed to a mailbox.

In this order, because the process may die between any two steps:
1. The row is written. From here on the pages belong to it.
2. The call is answered. Each page is on disk before the sending machine is told that we have it.
3. The row is closed: pages, state and the mails to the mailboxes, in one transaction.

Rows whose call died with its process are found by `repair`, which keeps every page that can be read.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from gateway import faxlog
from gateway.config.schema import ReceivingSection
from gateway.errors import InvariantError, StoreUnavailable
from gateway.model.received import ReceivedFax
from gateway.ports.received_log import ReceivedLog
from gateway.receiving.fetching import Fetching
from gateway.receiving.keeping import Keeper, OpenRow
from gateway.receiving.routing import Routes, bare
from telephony import CallEvent, Disposition, FaxEngine, IncomingCall, Offer, PageConfirmed, Transmission
from telephony.errors import UnreadablePages
from telephony.page_file import whole_pages

_log = logging.getLogger("faxgw.receiving")

_BUSY_HERE, _NOT_FOUND, _UNAVAILABLE = 486, 404, 503  # RFC 3261 21.4, 21.5
_ID_LENGTH = 20  # characters of a CSI (ITU-T T.30 5.3.6.2.4)


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
        offers: Mapping[str, Sequence[Offer]] | None = None,
        grace: timedelta = timedelta(seconds=60),
    ) -> None:
        """`offers` may be fetched by who calls the number."""
        self._engine = engine
        self._received = received
        self._section = section
        self._routes = Routes(did, section.operators)
        self._offers = {bare(number): offer for number, offer in (offers or {}).items()}
        self._lease = lease
        self._grace = grace  # how long calls may go on after a stop
        self._calls: set[asyncio.Task[None]] = set()
        self._keeper = Keeper(received, spool, lease)
        self.inbox = Fetching(self._keeper, received)  #: for faxes that are fetched; looked after by `run`

    async def run(self, stopping: asyncio.Event) -> None:
        """Takes calls until `stopping` is set; new ones are refused then, until the engine is closed."""
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen(group, stopping))
            caring = group.create_task(self._care())
            await stopping.wait()
            self._engine.refuse_calls()
            if self._calls:
                await asyncio.wait(self._calls, timeout=self._grace.total_seconds())
            for call in self._calls:
                call.cancel()
            listening.cancel()
            caring.cancel()

    async def repair(self) -> int:
        """How many rows were closed whose call had died with its process."""
        rows = await self._keeper.abandoned()
        for row in rows:
            await self._close_abandoned(row)
        return len(rows)

    async def sweep(self) -> None:
        """Spool files whose fax is stored are gone."""
        await self._keeper.sweep()

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
        try:
            async with self._keeper.row(call_id=call.call_id, called=call.called, caller=call.caller) as row:
                try:
                    await self._receive(call, row, mailboxes)
                except Exception:  # noqa: BLE001 - our bug: the pages are kept
                    # The row stays open; `repair` closes it with what is on disk.
                    _log.exception("call %s: its pages are in %s", call.call_id, row.spool)
        except StoreUnavailable as error:
            _log.error("call %s refused: %s", call.call_id, error)
            await call.reject(_UNAVAILABLE)

    async def _receive(self, call: IncomingCall, row: OpenRow, mailboxes: tuple[str, ...]) -> None:
        confirmed = 0

        def hear(event: CallEvent) -> None:
            nonlocal confirmed
            confirmed += isinstance(event, PageConfirmed)

        transmission: Transmission | None = None
        stop: asyncio.CancelledError | None = None
        try:
            station_id = self._section.station_id_of(call.called)[:_ID_LENGTH]
            offers = await asyncio.to_thread(self._offers_at, call.called)
            transmission = await call.receive(row.spool, local_id=station_id, on_event=hear, offers=offers)
            mailboxes = self._routes.mailboxes(call.called, transmission.sub_address)
        except asyncio.CancelledError as error:
            stop = error
        if transmission and transmission.polled:
            await self._close_polled(row, call, transmission)
            return
        complete = transmission is not None and transmission.disposition is Disposition.DELIVERED
        await self._keeper.close(
            row,
            confirmed=transmission.pages_confirmed if transmission else confirmed,
            complete=complete,
            mailboxes=mailboxes,
            transmission=transmission,
            detail=transmission.detail if transmission else "The gateway ended the call to stop.",
        )
        faxlog.fax_received(
            row.id,
            called=call.called,
            caller=call.caller,
            remote_id=transmission.remote_id if transmission else "",
            sub_address=transmission.sub_address if transmission else "",
            pages=transmission.pages_confirmed if transmission else confirmed,
            complete=complete,
            mailboxes=mailboxes,
        )
        if stop is not None:
            raise stop

    def _offers_at(self, called: str) -> list[Offer]:
        """What may be fetched at this number now: the files may come and go while we run."""
        ready = []
        for offer in self._offers.get(bare(called), ()):
            try:
                if whole_pages(offer.pages):
                    ready.append(offer)
            except UnreadablePages as error:
                name = bare(called) + (f"#{offer.sub_address}" if offer.sub_address else "")
                _log.warning("[polling.%s]: nothing is on offer: %s", name, error)
        return ready

    async def _close_polled(self, row: OpenRow, call: IncomingCall, transmission: Transmission) -> None:
        """The row of a caller who fetched our document has no pages, and says so."""
        pages = transmission.pages_confirmed
        name = f" {transmission.sub_address}" if transmission.sub_address else ""
        await self._keeper.close(
            row,
            confirmed=0,
            complete=False,
            mailboxes=(),
            transmission=transmission,
            detail=f"The caller fetched our document{name}: {pages} page{'s' * (pages != 1)} went out.",
        )
        faxlog.document_polled(
            call_id=call.call_id,
            called=call.called,
            caller=call.caller,
            remote_id=transmission.remote_id,
            sub_address=transmission.sub_address,
            pages=pages,
            complete=transmission.disposition is Disposition.DELIVERED,
        )

    async def _close_abandoned(self, row: ReceivedFax) -> None:
        if row.job_id is None:
            mailboxes = self._routes.mailboxes(row.called)
        else:
            mailboxes = (row.mailbox,) if row.mailbox else ()
        count = await self._keeper.close(
            OpenRow(row.id, row.spool),
            confirmed=None,
            complete=False,
            mailboxes=mailboxes,
            transmission=None,
            detail="The gateway stopped during the call.",
        )
        faxlog.fax_received(
            row.id,
            called=row.called,
            caller=row.caller,
            remote_id=row.remote_id,
            pages=count,
            complete=False,
            mailboxes=mailboxes,
        )

    async def _care(self) -> None:
        """Leases of calls under way are renewed, and rows of dead ones are repaired, for ever."""
        swept = False
        while True:
            try:
                await self._keeper.renew()
                await self.repair()
                if not swept:
                    await self.sweep()
                    swept = True
            except (StoreUnavailable, InvariantError) as error:
                _log.warning("received faxes: %s", error)
            await asyncio.sleep(self._lease.total_seconds() / 3)
