"""Faxes whose medium is changed, refreshed and left at odd moments: our own machine told to misbehave."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from telephony import (
    CallAnswered,
    CallEvent,
    Disposition,
    Medium,
    PageConfirmed,
    SessionNegotiated,
    T38Policy,
    Transmission,
)
from telephony.call.session import CallSession
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fix_sip import Heard, Line, a_line

pytestmark = pytest.mark.slow
SHEETS = [Sheet(rows=150), Sheet(rows=150)]


def asks_for_t38(call: CallSession) -> None:
    """Now, whatever was agreed on before."""
    call._facts.negotiated = False
    call._ask_for_t38()


def refreshes(call: CallSession) -> None:
    """A re-INVITE with what holds already."""
    call._core.reinvite(call._call, call._media.held_offer())


def back_to_audio_and_bye(call: CallSession) -> None:
    """A re-INVITE to G.711, and BYE without waiting for the answer."""
    call._core.reinvite(call._call, call._media.audio_offer())
    call.hang_up()


def falls_silent(call: CallSession) -> None:
    """No packet and no BYE leave any more; it hears of nothing."""
    call._media.close()


def calls_of(line: Line) -> tuple[CallSession, CallSession]:
    """The sender's and the receiver's end of the one call."""
    (sender,), (receiver,) = line.caller.engine._calls, line.called.engine._calls
    return sender, receiver


Misdeed = Callable[[CallSession], object]


@dataclass(frozen=True)
class Scenario:
    """What is done to a call when its sender is told of `when`, after so many seconds, and by whom."""

    does: Misdeed
    when: type[CallEvent] | tuple[type[CallEvent], ...]
    who: tuple[int, ...]  #: 0 the sender, 1 the receiver
    after: float = 0.0
    page: int = 0  #: only when this one is confirmed
    trunks: Mapping[str, Any] = field(default_factory=dict)
    medium: Medium = Medium.T38


EITHER = {"the sender": (0,), "the receiver": (1,), "both at once": (0, 1)}
LAST = {"when": PageConfirmed, "page": len(SHEETS)}
SCENARIOS = {
    **{
        f"T.38 is asked for by {name} after {after:.0f} s": Scenario(
            asks_for_t38, CallAnswered, who, after, trunks={"t38": T38Policy.ACCEPT}
        )
        for name, who in EITHER.items()
        for after in (0.0, 3.0, 10.0)
    },
    **{
        f"refreshed by {name} in {medium}": Scenario(
            refreshes, (SessionNegotiated, PageConfirmed), who, trunks={"t38": t38}, medium=medium
        )
        for name, who in EITHER.items()
        if len(who) == 1
        for t38, medium in ((T38Policy.PREFER, Medium.T38), (T38Policy.NEVER, Medium.AUDIO))
    },
    "back to audio behind the last page, and BYE at once": Scenario(back_to_audio_and_bye, who=(1,), **LAST),
    "no packet and no BYE behind the last page": Scenario(falls_silent, who=(0,), **LAST),
}


async def a_fax(name: str, scenario: Scenario, folder: Path) -> tuple[Transmission, Transmission]:
    """Both ends of the call."""
    trunks = dict(scenario.trunks)
    async with a_line(trunks, trunks) as line:

        def told(event: CallEvent) -> None:
            if not isinstance(event, scenario.when):
                return
            if scenario.page and not (
                isinstance(event, PageConfirmed) and event.page.number == scenario.page
            ):
                return
            for one in scenario.who:
                call = calls_of(line)[one]
                asyncio.get_running_loop().call_later(scenario.after, scenario.does, call)

        receiving = asyncio.ensure_future(line.called.receives(folder / f"{name}.tif"))
        await asyncio.sleep(0)
        sent = await line.caller.sends(folder / "sent.tif", heard=Heard(look=told))
        return sent, await receiving


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return Path(tmp_path_factory.mktemp("switching"))


@pytest.fixture(scope="module")
def ends(folder) -> dict[str, tuple[Transmission, Transmission]]:
    draw_fax(folder / "sent.tif", SHEETS)

    async def all_of_them() -> list[tuple[Transmission, Transmission]]:
        return await asyncio.gather(*(a_fax(name, one, folder) for name, one in SCENARIOS.items()))

    return dict(zip(SCENARIOS, asyncio.run(all_of_them()), strict=True))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fax_arrives_whole_whatever_is_done_to_its_session(ends, folder, name):
    sent, received = ends[name]

    assert received.disposition is Disposition.DELIVERED
    assert sent.pages_confirmed == received.pages_confirmed == len(SHEETS)
    assert sent.medium is received.medium is SCENARIOS[name].medium
    assert pictures(folder / f"{name}.tif") == pictures(folder / "sent.tif")


@pytest.mark.parametrize("name", [name for name, one in SCENARIOS.items() if one.does is not falls_silent])
def test_a_sender_knows_that_it_arrived(ends, name):
    assert ends[name][0].disposition is Disposition.DELIVERED
