"""What the gateway relies on of any fax engine."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from telephony import (
    CallEvent,
    CallReleased,
    Dialled,
    Disposition,
    FaxEngine,
    IncomingCall,
    Offer,
    PageConfirmed,
    PollOrder,
    SendOrder,
    Transmission,
    Trunk,
)
from telephony.errors import EngineClosed, UnreadablePages
from telephony.page_file import whole_pages
from telephony.simulated import SimulatedEngine
from telephony.sip_engine import SipEngine
from tests.fax_pages import Sheet, draw_fax
from tests.fix_sip import MEDIA_PORTS, Station, a_line, free_address


def a_fax(path: Path, pages: int = 1) -> Path:
    """A fax that a real machine can send, and soon."""
    return draw_fax(path, [Sheet(rows=60, speckles=0)] * pages)


class FarEnd(Protocol):
    """An engine under test, and what the other end of its calls is made to do."""

    engine: FaxEngine
    trunk: Trunk

    def is_busy(self) -> None:
        """The next call meets a busy line."""

    def hangs(self) -> None:
        """The next call is never answered."""

    def calls(self, called: str, caller: str, pages: Path) -> "Calling":
        """A fax machine calls and sends these pages."""

    def has_ready(self, pages: Path) -> None:
        """Who polls at the next call gets these pages."""

    def polls(self, called: str, pages: Path) -> None:
        """A fax machine calls and fetches what is on offer, into `pages`."""


class Calling(Protocol):
    """A call that a fax machine makes."""

    async def rejected_with(self) -> int:
        """The SIP status the machine heard."""


class SimulatedFarEnd:
    """The script of a SimulatedEngine."""

    def __init__(self, engine: SimulatedEngine) -> None:
        self.engine = engine
        self.trunk = Trunk("main", "sip:simulated.example")

    def is_busy(self) -> None:
        self.engine.next_call_ends(Disposition.BUSY, sip_status=486)

    def hangs(self) -> None:
        self.engine.next_call_lasts_until(asyncio.Event())

    def calls(self, called: str, caller: str, pages: Path) -> "SimulatedCalling":
        return SimulatedCalling(self.engine, called, caller, pages)

    def has_ready(self, pages: Path) -> None:
        self.engine.next_poll_finds(pages)

    def polls(self, called: str, pages: Path) -> None:
        self.engine.call_in(called, "", pages, polls=True)


class SimulatedCalling:
    def __init__(self, engine: SimulatedEngine, called: str, caller: str, pages: Path) -> None:
        self._call = engine.call_in(called, caller, pages)

    async def rejected_with(self) -> int:
        await self._call.ended.wait()
        assert self._call.rejected_with is not None
        return self._call.rejected_with


class NativeFarEnd:
    """A second engine, at the other end of a trunk on loopback."""

    def __init__(self, near: Station, far: Station) -> None:
        self.engine: FaxEngine = near.engine
        self.trunk = near.trunk
        self._far, self._near_address = far, near.address
        self._running: set[asyncio.Future[object]] = set()
        self._answers = self._runs(self._receives_all())

    def _runs(self, work: Coroutine[object, object, object]) -> "asyncio.Task[object]":
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _receives_all(self, *offers: Offer) -> None:
        with tempfile.TemporaryDirectory() as folder:
            async for call in self._far.engine.incoming():
                await call.receive(
                    Path(folder, "in.tif"), local_id="FAR", on_event=lambda _: None, offers=offers
                )

    async def _next_call(self) -> IncomingCall:
        return await anext(aiter(self._far.engine.incoming()))

    async def _refuses(self) -> None:
        await (await self._next_call()).reject(486)

    def is_busy(self) -> None:
        self._answers.cancel()
        self._runs(self._refuses())

    def hangs(self) -> None:
        self._answers.cancel()
        self._runs(self._next_call())

    def calls(self, called: str, caller: str, pages: Path) -> "NativeCalling":
        trunk = Trunk("back", f"sip:{self._near_address}")
        order = SendOrder(called, pages, trunk, caller_number=caller)
        return NativeCalling(self._runs(self._when_heard(order)))

    async def _when_heard(self, order: SendOrder | PollOrder) -> Transmission:
        await asyncio.sleep(0)  # the near end begins to take calls when the test asks for one
        if isinstance(order, PollOrder):
            return await self._far.engine.poll(order, lambda _: None)
        return await self._far.engine.send(order, lambda _: None)

    def has_ready(self, pages: Path) -> None:
        self._answers.cancel()
        self._runs(self._receives_all(Offer(pages)))

    def polls(self, called: str, pages: Path) -> None:
        trunk = Trunk("back", f"sip:{self._near_address}")
        self._runs(self._when_heard(PollOrder(called, pages, trunk)))

    async def close(self) -> None:
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


class NativeCalling:
    def __init__(self, sending: "asyncio.Future[object]") -> None:
        self._sending = sending

    async def rejected_with(self) -> int:
        transmission = await self._sending
        assert isinstance(transmission, Transmission)
        assert transmission.sip_status is not None
        return transmission.sip_status


@dataclass
class Heard:
    """What an engine told of a call."""

    events: list[CallEvent]

    def __call__(self, event: CallEvent) -> None:
        self.events.append(event)

    @property
    def confirmed(self) -> list[int]:
        return [event.page.number for event in self.events if isinstance(event, PageConfirmed)]


@pytest.fixture
def heard() -> Heard:
    return Heard([])


@pytest.fixture(params=["simulated", pytest.param("native", marks=pytest.mark.slow)])
async def far_end(request: pytest.FixtureRequest) -> AsyncIterator[FarEnd]:
    if request.param == "simulated":
        async with SimulatedEngine() as engine:
            yield SimulatedFarEnd(engine)
        return
    async with a_line() as line:
        native = NativeFarEnd(line.caller, line.called)
        yield native
        await native.close()


async def test_every_page_is_confirmed_in_order_and_then_the_call_is_released(far_end, heard, tmp_path):
    pages = a_fax(tmp_path / "fax.tif", pages=3)

    transmission = await far_end.engine.send(SendOrder("+49301", pages, far_end.trunk), heard)

    assert transmission.disposition is Disposition.DELIVERED
    assert transmission.pages_confirmed == 3
    assert heard.confirmed == [1, 2, 3]
    assert isinstance(heard.events[0], Dialled)
    assert heard.events[-1] == CallReleased(transmission)


async def test_pages_before_the_first_one_are_not_sent(far_end, heard, tmp_path):
    pages = a_fax(tmp_path / "fax.tif", pages=3)

    transmission = await far_end.engine.send(SendOrder("+49301", pages, far_end.trunk, first_page=3), heard)

    assert transmission.pages_confirmed == 1
    assert heard.confirmed == [1]


async def test_a_busy_line_is_a_value_and_no_error(far_end, heard, tmp_path):
    far_end.is_busy()

    transmission = await far_end.engine.send(
        SendOrder("+49301", a_fax(tmp_path / "fax.tif"), far_end.trunk), heard
    )

    assert transmission.disposition is Disposition.BUSY
    assert transmission.sip_status == 486
    assert transmission.pages == ()
    assert transmission.trunk == "main"
    assert transmission.ended_at >= transmission.started_at


async def test_pages_that_cannot_be_read_are_not_dialled(far_end, heard, tmp_path):
    (tmp_path / "fax.tif").write_bytes(b"no fax")

    with pytest.raises(UnreadablePages):
        await far_end.engine.send(SendOrder("+49301", tmp_path / "fax.tif", far_end.trunk), heard)

    assert heard.events == []


async def test_a_page_after_the_last_one_cannot_be_sent(far_end, heard, tmp_path):
    order = SendOrder("+49301", a_fax(tmp_path / "fax.tif"), far_end.trunk, first_page=2)

    with pytest.raises(UnreadablePages):
        await far_end.engine.send(order, heard)


async def test_cancelling_a_call_ends_it(far_end, tmp_path):
    far_end.hangs()
    dialled = asyncio.Event()
    order = SendOrder("+49301", a_fax(tmp_path / "fax.tif"), far_end.trunk)
    call = asyncio.ensure_future(far_end.engine.send(order, lambda _: dialled.set()))
    await dialled.wait()

    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_call_that_comes_in_leaves_its_pages_on_disk(far_end, heard, tmp_path):
    far_end.calls("+4930999", "+4940111", a_fax(tmp_path / "sent.tif", pages=2))
    call = await anext(far_end.engine.incoming())

    transmission = await call.receive(tmp_path / "received.tif", local_id="US", on_event=heard)

    assert (call.called, call.caller) == ("+4930999", "+4940111")
    assert transmission.disposition is Disposition.DELIVERED
    assert heard.confirmed == [1, 2]
    assert len(whole_pages(tmp_path / "received.tif")) == 2


async def test_a_page_is_on_disk_when_it_is_confirmed(far_end, tmp_path):
    far_end.calls("+4930999", "+4940111", a_fax(tmp_path / "sent.tif", pages=2))
    call = await anext(far_end.engine.incoming())
    found: list[int] = []

    def look(event: CallEvent) -> None:
        if isinstance(event, PageConfirmed):
            found.append(len(whole_pages(tmp_path / "received.tif")))

    await call.receive(tmp_path / "received.tif", local_id="", on_event=look)

    assert found == [1, 2]


async def test_what_lies_ready_at_the_far_end_is_fetched(far_end, heard, tmp_path):
    far_end.has_ready(a_fax(tmp_path / "ready.tif", pages=2))
    order = PollOrder("+49301", tmp_path / "fetched.tif", far_end.trunk)

    transmission = await far_end.engine.poll(order, heard)

    assert transmission.disposition is Disposition.DELIVERED
    assert heard.confirmed == [1, 2]
    assert len(whole_pages(tmp_path / "fetched.tif")) == 2


async def test_a_far_end_where_nothing_lies_ready_says_so(far_end, heard, tmp_path):
    order = PollOrder("+49301", tmp_path / "fetched.tif", far_end.trunk)

    transmission = await far_end.engine.poll(order, heard)

    assert transmission.disposition is Disposition.NOTHING_TO_POLL
    assert heard.confirmed == []


async def test_what_is_on_offer_goes_to_a_caller_who_polls(far_end, heard, tmp_path):
    far_end.polls("+4930999", tmp_path / "fetched.tif")
    call = await anext(far_end.engine.incoming())
    offer = Offer(a_fax(tmp_path / "offer.tif", pages=2))

    transmission = await call.receive(tmp_path / "in.tif", local_id="US", on_event=heard, offers=[offer])

    assert transmission.disposition is Disposition.DELIVERED
    assert transmission.polled
    assert heard.confirmed == [1, 2]
    assert not (tmp_path / "in.tif").exists()


async def test_nothing_is_given_to_a_caller_who_polls_in_vain(far_end, heard, tmp_path):
    far_end.polls("+4930999", tmp_path / "fetched.tif")
    call = await anext(far_end.engine.incoming())

    transmission = await call.receive(tmp_path / "in.tif", local_id="US", on_event=heard)

    assert transmission.disposition is not Disposition.DELIVERED
    assert not transmission.polled
    assert heard.confirmed == []


async def test_a_call_can_be_refused(far_end, tmp_path):
    calling = far_end.calls("+4930999", "", a_fax(tmp_path / "sent.tif"))
    call = await anext(far_end.engine.incoming())

    await call.reject(486)

    assert await calling.rejected_with() == 486


async def test_a_call_that_comes_when_no_more_are_taken_hears_that_another_one_should_be_called(
    far_end, tmp_path
):
    far_end.engine.refuse_calls()

    calling = far_end.calls("+4930999", "", a_fax(tmp_path / "sent.tif"))

    assert await calling.rejected_with() == 503


def _engines() -> list[FaxEngine]:
    return [SimulatedEngine(), SipEngine(free_address(), MEDIA_PORTS)]


@pytest.mark.parametrize("kind", [0, 1], ids=["simulated", "native"])
async def test_a_closed_engine_makes_no_call(tmp_path, kind):
    engine = _engines()[kind]
    async with engine:
        pass

    with pytest.raises(EngineClosed):
        await engine.send(SendOrder("+49301", a_fax(tmp_path / "fax.tif"), Trunk("main", "sip:x")), print)


@pytest.mark.parametrize("kind", [0, 1], ids=["simulated", "native"])
async def test_no_call_comes_into_a_closed_engine(kind):
    async with _engines()[kind] as engine:
        calls = engine.incoming()

    assert [call async for call in calls] == []
