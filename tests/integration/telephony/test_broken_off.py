"""Real calls that break in the middle: packets that stop, and BYE. All are made side by side."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from telephony import CallEvent, Disposition, PageConfirmed, SessionNegotiated, T38Policy, Transmission
from telephony.page_file import whole_pages
from tests.bad_network import Weather, a_bad_line
from tests.fax_pages import Sheet, draw_fax
from tests.fix_sip import Heard

pytestmark = pytest.mark.slow

SHEETS = [Sheet(rows=60), Sheet(rows=1200, speckles=2000)]  # the second one takes its time
MEDIA: dict[str, dict[str, Any]] = {"t38": {}, "audio": {"t38": T38Policy.NEVER}}


@dataclass
class Ended:
    """Both ends of a call; None for the one that hung up."""

    sent: Transmission | None
    received: Transmission | None
    kept: int  #: pages in the receiver's file


def _at(kind: type, act: Callable[[], object]) -> Heard:
    def look(event: CallEvent) -> None:
        if isinstance(event, kind):
            act()

    return Heard(look=look)


async def _call(folder: Path, how: str, settings: dict[str, Any]) -> Ended:
    """One call, in which something happens."""
    folder.mkdir()
    pages = SHEETS[:1] if how == "silence behind the last page" else SHEETS
    fax, file = draw_fax(folder / "fax.tif", pages), folder / "in.tif"
    async with a_bad_line(Weather(), **settings) as (line, network):
        calls: dict[str, asyncio.Task[Transmission]] = {}
        sender, receiver = Heard(), Heard()

        def hang_up(end: str) -> None:
            calls[end].cancel()

        match how:
            case "silence behind the last page":  # it is on disk, and its confirmation gets lost
                receiver = _at(PageConfirmed, network.fall_silent)
            case "silence between pages":
                sender = _at(PageConfirmed, network.fall_silent)
            case "silence before the first page":
                sender = _at(SessionNegotiated, network.fall_silent)
            case "the sender hangs up in a page":
                sender = _at(PageConfirmed, lambda: hang_up("sent"))
            case "the receiver hangs up in a page":
                sender = _at(PageConfirmed, lambda: hang_up("received"))
        calls["received"] = asyncio.ensure_future(line.called.receives(file, receiver))
        await asyncio.sleep(0)
        calls["sent"] = asyncio.ensure_future(line.caller.sends(fax, heard=sender))
        await asyncio.wait(calls.values())
    done = {name: None if call.cancelled() else call.result() for name, call in calls.items()}
    return Ended(done["sent"], done["received"], len(whole_pages(file)) if file.exists() else 0)


D = Disposition
#: How it breaks -> how the sender and the receiver end, and the pages that each of them counts.
CASES = {
    "silence behind the last page": (D.LINE_FAILED, 0, D.DELIVERED, 1),
    "silence between pages": (D.INTERRUPTED, 1, D.INTERRUPTED, 1),
    "silence before the first page": (D.LINE_FAILED, 0, D.NO_FAX_ANSWERED, 0),  # our DCS did not arrive
    "the sender hangs up in a page": (None, 1, D.INTERRUPTED, 1),
    "the receiver hangs up in a page": (D.INTERRUPTED, 1, None, 1),
}
#: G.711 needs more of the machine than T.38, and ends by the same timers: one of each kind.
CALLS = [
    *((how, "t38") for how in CASES),
    ("silence between pages", "audio"),
    ("the receiver hangs up in a page", "audio"),
]


@pytest.fixture(scope="module")
def ends(tmp_path_factory) -> dict[tuple[str, str], Ended]:
    folder = tmp_path_factory.mktemp("broken")

    async def all_of_them() -> dict[tuple[str, str], Ended]:
        calls = (_call(folder / str(n), how, MEDIA[medium]) for n, (how, medium) in enumerate(CALLS))
        return dict(zip(CALLS, await asyncio.gather(*calls), strict=True))

    return asyncio.run(all_of_them())


@pytest.mark.parametrize(("how", "medium"), CALLS)
def test_a_call_that_breaks_ends_and_says_what_arrived(ends, how, medium):
    sender_ends, sent, receiver_ends, received = CASES[how]
    ended = ends[how, medium]

    for end, disposition, pages in (
        (ended.sent, sender_ends, sent),
        (ended.received, receiver_ends, received),
    ):
        if disposition is None:
            assert end is None
        else:
            assert end
            assert (end.disposition, end.pages_confirmed) == (disposition, pages)
    assert ended.kept >= received
