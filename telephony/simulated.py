"""A fax engine that plays a script: no SIP, no modem, no waiting. For the gateway's tests.

Beyond the port it has verbs to script (`next_call_ends(Disposition.BUSY)`, `next_call_confirms(2)`) and
something to look at (`orders`, `SimulatedCall.transmission`). tests/contract/test_fax_engine.py holds it
to the promises of the real one.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from telephony.disposition import Disposition
from telephony.engine import OnEvent, PollOrder, SendOrder
from telephony.errors import EngineClosed, UnreadablePages
from telephony.events import CallAnswered, CallReleased, Dialled, SessionNegotiated
from telephony.page_file import StoredPage, keep_pages, whole_pages
from telephony.simulated_call import BIT_RATE, SimulatedCall, confirm
from telephony.transmission import Compression, Medium, PageFacts, Transmission
from telephony.trunk import Trunk

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
        self.polls: list[PollOrder] = []
        self._ready: deque[tuple[Path, int | None]] = deque()
        self._now = now
        self._scripts: deque[_Script] = deque()
        self._ringing: asyncio.Queue[SimulatedCall | None] = asyncio.Queue()
        self._down: set[str] = set()
        self._rests: dict[str, timedelta] = {}
        self._calls = 0
        self._open = self._refuses_calls = False

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

    def next_poll_finds(self, pages: Path, *, breaks_after: int | None = None) -> None:
        """The next poll without a document fetches these pages; or so many of them, and then the line breaks.

        Without a document nothing lies ready.
        """
        self._ready.append((pages, breaks_after))

    def call_in(
        self,
        called: str,
        caller: str,
        pages: Path,
        *,
        confirms: int | None = None,
        sub_address: str = "",
        polls: bool = False,
    ) -> SimulatedCall:
        """A fax machine calls and sends `pages`; the line breaks after `confirms` of them, if given.

        One that `polls` writes what is on offer into `pages` instead.
        """
        self._calls += 1
        call = SimulatedCall(
            call_id=f"in-{self._calls}@simulated",
            called=called,
            caller=caller,
            pages=pages,
            confirms=confirms,
            sub_address=sub_address,
            polls=polls,
            now=self._now,
        )
        if self._refuses_calls:
            call.hears(503)
        else:
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
            on_event(SessionNegotiated(BIT_RATE, order.trunk.ecm, "SIMULATED"))
        confirm(pages[: script.pages], confirmed, on_event)
        if script.wait_for is not None:
            await script.wait_for()
            confirm(pages[len(confirmed) :], confirmed, on_event)
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
            bit_rate=BIT_RATE if confirmed else 0,
            ecm=order.trunk.ecm and bool(confirmed),
            compression=Compression.MMR if confirmed else None,
            remote_id="SIMULATED" if confirmed else "",
            local_id=order.local_id,
        )
        on_event(CallReleased(transmission))
        return transmission

    async def poll(self, order: PollOrder, on_event: OnEvent) -> Transmission:
        """The facts of a call that fetches what a test has laid ready."""
        if not self._open:
            raise EngineClosed
        self.polls.append(order)
        self._calls += 1
        call_id, started_at = f"poll-{self._calls}@simulated", self._now()
        on_event(Dialled(call_id))
        confirmed: list[PageFacts] = []
        if self._ready:
            document, breaks_after = self._ready.popleft()
            for count, page in enumerate(whole_pages(document)[:breaks_after], start=1):
                await asyncio.to_thread(keep_pages, document, order.pages, count)
                confirm([page], confirmed, on_event)
            disposition = Disposition.DELIVERED if breaks_after is None else Disposition.INTERRUPTED
        else:
            disposition = Disposition.NOTHING_TO_POLL
        return Transmission(
            disposition=disposition,
            call_id=call_id,
            trunk=order.trunk.name,
            started_at=started_at,
            ended_at=self._now(),
            answered_at=started_at,
            pages=tuple(confirmed),
            medium=Medium.T38,
            remote_id="SIMULATED",
            local_id=order.local_id,
        )

    def trunk_is_down(self, name: str, *, down: bool = True) -> None:
        """From now on this trunk is down, or up again."""
        (self._down.add if down else self._down.discard)(name)

    def is_up(self, trunk: Trunk) -> bool:
        """What the script says; up otherwise."""
        return trunk.name not in self._down

    def trunk_rests(self, name: str, rest: timedelta) -> None:
        """From now on this trunk is down and wants no calls for so long, whatever the time; zero ends it."""
        self.trunk_is_down(name, down=bool(rest))
        self._rests[name] = rest

    def rest_of(self, trunk: Trunk) -> timedelta:
        """What the script says; none otherwise."""
        return self._rests.get(trunk.name, timedelta())

    async def incoming(self) -> AsyncIterator[SimulatedCall]:
        """The calls made by `call_in`, until the engine is closed."""
        while (call := await self._ringing.get()) is not None:
            yield call

    def refuse_calls(self) -> None:
        """Nobody's call is taken any more."""
        self._refuses_calls = True
        while not self._ringing.empty():
            if call := self._ringing.get_nowait():
                call.hears(503)


def _pages_to_send(order: SendOrder) -> list[StoredPage]:
    pages = whole_pages(order.pages)[order.first_page - 1 :]
    if not pages:
        raise UnreadablePages(f"There is no page {order.first_page} in {order.pages.name}.")
    return pages
