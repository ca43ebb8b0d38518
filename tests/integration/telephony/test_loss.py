"""Real calls through a network that loses, repeats, delays and reorders packets. Made side by side."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from telephony import Disposition, Medium, T38Policy, Transmission
from telephony.trunk import ErrorCorrection
from tests.bad_network import Weather, a_bad_line
from tests.fax_pages import Sheet, draw_fax, pictures

pytestmark = pytest.mark.slow
CALLS = 3  # of each kind at once
SHEETS = [Sheet(rows=200, speckles=60)] * 2
AUDIO = {"t38": T38Policy.NEVER}
FEC = {"error_correction": ErrorCorrection.FEC}
WEATHERS = {
    "T.38, 5 % lost": (Weather(loss=0.05), {}),
    "T.38, 5 % lost in threes": (Weather(loss=0.05, burst=3), {}),
    "T.38 with FEC, 5 % lost": (Weather(loss=0.05), FEC),
    "T.38 with FEC, 5 % lost in threes": (Weather(loss=0.05, burst=3), FEC),
    "T.38, late and twice": (Weather(jitter_ms=60, twice=0.1), {}),
    "G.711, up to 60 ms late": (Weather(jitter_ms=60), AUDIO),
}


@dataclass
class Crossing:
    """What came of the calls through one network."""

    sent: list[Transmission]
    arrived: list[Path]
    fax: Path
    lost: int  #: packets


async def _cross(folder: Path, weather: Weather, settings: dict[str, Any]) -> Crossing:
    folder.mkdir()
    fax, files = draw_fax(folder / "fax.tif", SHEETS), [folder / f"{i}.tif" for i in range(CALLS)]
    async with a_bad_line(weather, calls=CALLS, **settings) as (line, network):
        receiving = [asyncio.ensure_future(line.called.receives(file)) for file in files]
        await asyncio.sleep(0)
        sent = await asyncio.gather(*(line.caller.sends(fax) for _ in files))
        await asyncio.gather(*receiving)
    return Crossing(sent, files, fax, network.lost)


async def _all(folder: Path) -> dict[str, Crossing]:
    crossings = (_cross(folder / str(i), *how) for i, how in enumerate(WEATHERS.values()))
    return dict(zip(WEATHERS, await asyncio.gather(*crossings), strict=True))


@pytest.fixture(scope="module")
def crossings(tmp_path_factory) -> dict[str, Crossing]:
    return asyncio.run(_all(tmp_path_factory.mktemp("loss")))


@pytest.mark.parametrize("weather", WEATHERS)
def test_no_page_is_lost(crossings, weather):
    crossing = crossings[weather]

    assert [call.disposition for call in crossing.sent] == [Disposition.DELIVERED] * CALLS
    assert [pictures(file) for file in crossing.arrived] == [pictures(crossing.fax)] * CALLS


@pytest.mark.parametrize("weather", WEATHERS)
def test_the_medium_is_kept(crossings, weather):
    medium = Medium.AUDIO if WEATHERS[weather][1] is AUDIO else Medium.T38

    assert {call.medium for call in crossings[weather].sent} == {medium}


def test_packets_really_were_lost(crossings):
    for name, (weather, _) in WEATHERS.items():
        assert (crossings[name].lost > 10) == bool(weather.loss), name
