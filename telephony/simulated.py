"""A fax engine that plays a script: no SIP, no modem, no waiting. For the gateway's tests.

Beyond the port it has verbs to script (`next_call_ends(Disposition.BUSY)`, `next_call_confirms(2)`) and
something to look at (`orders`, `SimulatedCall.transmission`). tests/contract/test_fax_engine.py holds it
to the promises of the real one.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from telephony.disposition import Disposition
from telephony.engine import OnEvent, SendOrder
from telephony.errors import EngineClosed, UnreadablePages
from telephony.events import CallAnswered, CallReleased, Dialled, PageConfirmed, SessionNegotiated
from telephony.page_file import StoredPage, keep_pages, whole_pages
from telephony.transmission import Compression, Medium, PageFacts, Transmission
from telephony.trunk import Trunk

_BIT_RATE = 14400
_TALKED = frozenset(
    {Disposition.DELIVERED, Disposition.INTERRUPTED, Disposition.LINE_FAILED, Disposition.NO_FAX_ANSWERED}
)  # the calls that were answered


@dataclass(frozen=True, slots=True)
class _Script:
    """What the far end does in one call."""

    disposition: Disposition = Disposition.DELIVERED
    pages: int | None = None  #: pages confirmed; None means all
    sip_status: int | None = None
    detail: str = ""
    t30_result: int | None = None
    medium: Medium | None = None  #: of a session without pages
    error: Exception | None = None  #: raised instead of a call
    wait_for: Callable[[], Awaitable[object]] | None = None  #: awaited after the confirmed pages


def _now() -> datetime:
    return datetime.now(UTC)


class SimulatedEngine:
    """A FaxEngine whose far end does as it was told, and otherwise takes every page."""

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        self.orders: list[SendOrder] = []
        self._now = now
        self._scripts: deque[_Script] = deque()
        self._ringing: asyncio.Queue[SimulatedCall | None] = asyncio.Queue()
        self._down: set[str] = set()
        self._calls = 0
        self._open = False

    def next_call_ends(
        self, disposition: Disposition, *, sip_status: int | None = None, detail: str = ""
    ) -> None:
        """The next call that has no script yet ends so: all pages if delivered, none otherwise."""
        pages = None if disposition is Disposition.DELIVERED else 0
        self._scripts.append(_Script(disposition, pages, sip_status, detail))

    def next_call_fails(self, t30_result: int, *, medium: Medium, disposition: Disposition) -> None:
        """The next call that has no script yet is answered, and its fax session ends without a page so."""
        self._scripts.append(_Script(disposition, 0, t30_result=t30_result, medium=medium))

    def next_call_confirms(self, pages: int, then: Disposition = Disposition.INTERRUPTED) -> None:
        """The next call without a script confirms so many pages and ends then."""
        self._scripts.append(_Script(then, pages))

    def next_call_raises(self, error: Exception) -> None:
        """The next call without a script cannot be made at all."""
        self._scripts.append(_Script(error=error))

    def next_call_lasts_until(self, event: asyncio.Event, *, pages: int = 0) -> None:
        """The next call without a script confirms `pages`, waits for the event, then delivers the rest."""
        self._scripts.append(_Script(pages=pages, wait_for=event.wait))

    def call_in(
        self, called: str, caller: str, pages: Path, *, confirms: int | None = None
    ) -> "SimulatedCall":
        """A fax machine calls and sends `pages`; the line breaks after `confirms` of them, if given."""
        self._calls += 1
        call = SimulatedCall(
            call_id=f"in-{self._calls}@simulated",
            called=called,
            caller=caller,
            pages=pages,
            confirms=confirms,
            now=self._now,
        )
        self._ringing.put_nowait(call)
        return call

    async def __aenter__(self) -> "SimulatedEngine":
        self._open = True
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._open = False
        self._ringing.put_nowait(None)

    async def send(self, order: SendOrder, on_event: OnEvent) -> Transmission:
        """The facts of the scripted call."""
        if not self._open:
            raise EngineClosed
        pages = _pages_to_send(order)
        self.orders.append(order)
        script = self._scripts.popleft() if self._scripts else _Script()
        if script.error is not None:
            raise script.error
        self._calls += 1
        call_id = f"out-{self._calls}@simulated"
        started_at = self._now()
        on_event(Dialled(call_id))
        confirmed: list[PageFacts] = []
        if script.disposition in _TALKED or script.pages:
            on_event(CallAnswered())
            on_event(SessionNegotiated(_BIT_RATE, order.trunk.ecm, "SIMULATED"))
        _confirm(pages[: script.pages], confirmed, on_event)
        if script.wait_for is not None:
            await script.wait_for()
            _confirm(pages[len(confirmed) :], confirmed, on_event)
        transmission = Transmission(
            disposition=script.disposition,
            call_id=call_id,
            trunk=order.trunk.name,
            started_at=started_at,
            ended_at=self._now(),
            detail=script.detail,
            sip_status=script.sip_status,
            pages=tuple(confirmed),
            medium=Medium.T38 if confirmed else script.medium,
            t30_result=script.t30_result,
            bit_rate=_BIT_RATE if confirmed else 0,
            ecm=order.trunk.ecm and bool(confirmed),
            compression=Compression.MMR if confirmed else None,
            remote_id="SIMULATED" if confirmed else "",
            local_id=order.local_id,
        )
        on_event(CallReleased(transmission))
        return transmission

    def trunk_is_down(self, name: str, *, down: bool = True) -> None:
        """From now on this trunk is down, or up again."""
        (self._down.add if down else self._down.discard)(name)

    def is_up(self, trunk: Trunk) -> bool:
        """What the script says; up otherwise."""
        return trunk.name not in self._down

    async def incoming(self) -> AsyncIterator["SimulatedCall"]:
        """The calls made by `call_in`, until the engine is closed."""
        while (call := await self._ringing.get()) is not None:
            yield call


class SimulatedCall:
    """An IncomingCall that remembers how it was treated."""

    def __init__(
        self,
        *,
        call_id: str,
        called: str,
        caller: str,
        pages: Path,
        confirms: int | None,
        now: Callable[[], datetime],
    ) -> None:
        self.call_id = call_id
        self.called = called
        self.caller = caller
        self.rejected_with: int | None = None  #: SIP status
        self.transmission: Transmission | None = None
        self.ended = asyncio.Event()  #: received or rejected
        self._pages = pages
        self._confirms = confirms
        self._now = now

    async def receive(self, pages: Path, *, local_id: str, on_event: OnEvent) -> Transmission:
        """The fax machine's pages are in the file `pages`, as many as the script says."""
        started_at = self._now()
        on_event(CallAnswered())
        sent = whole_pages(self._pages)[: self._confirms]
        confirmed: list[PageFacts] = []
        for count, page in enumerate(sent, start=1):
            await asyncio.to_thread(keep_pages, self._pages, pages, count)
            _confirm([page], confirmed, on_event)
        self.transmission = Transmission(
            disposition=self._disposition(len(confirmed)),
            call_id=self.call_id,
            trunk="",
            started_at=started_at,
            ended_at=self._now(),
            answered_at=started_at,
            pages=tuple(confirmed),
            medium=Medium.T38,
            bit_rate=_BIT_RATE,
            ecm=True,
            compression=Compression.MMR,
            remote_id=self.caller[-20:],
            local_id=local_id,
        )
        on_event(CallReleased(self.transmission))
        self.ended.set()
        return self.transmission

    async def reject(self, sip_status: int) -> None:
        """The fax machine hears this status."""
        self.rejected_with = sip_status
        self.ended.set()

    def _disposition(self, confirmed: int) -> Disposition:
        if self._confirms is None:
            return Disposition.DELIVERED
        return Disposition.INTERRUPTED if confirmed else Disposition.LINE_FAILED


def _pages_to_send(order: SendOrder) -> list[StoredPage]:
    pages = whole_pages(order.pages)[order.first_page - 1 :]
    if not pages:
        raise UnreadablePages(f"There is no page {order.first_page} in {order.pages.name}.")
    return pages


def _confirm(pages: list[StoredPage], confirmed: list[PageFacts], on_event: OnEvent) -> None:
    for page in pages:
        facts = PageFacts(len(confirmed) + 1, page.width, page.rows, 0, _BIT_RATE, page.y_dpi)
        confirmed.append(facts)
        on_event(PageConfirmed(facts))
