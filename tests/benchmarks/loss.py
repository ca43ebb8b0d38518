"""What survives a bad network: `python tests/benchmarks/loss.py` prints Markdown.

First whole faxes in memory, many of them, with the same losses at every run; then real calls through a
network that loses, repeats, delays and reorders packets (tests/bad_network.py).
"""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.pop(0)  # this folder has a queue.py
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from telephony import T38Policy
from telephony.trunk import ErrorCorrection
from tests.bad_network import Weather, a_bad_line
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fax_pair import Machine, fax_pair

SHEETS = [Sheet(rows=400, speckles=100)] * 2
FAXES = 20  # of each kind in memory
CALLS = 6  # of each kind at once through the network
LINES = {
    "T.38, 3 earlier packets repeated": {"t38": True},
    "T.38, FEC 3 x 3": {"t38": True, "redundancy": 0, "fec_span": 3, "fec_entries": 3},
    "T.38, no correction": {"t38": True, "redundancy": 0},
    "G.711": {"t38": False},
}
NETWORKS = {
    "60 ms jitter": {"jitter_ms": 60},
    "0.1 %": {"loss_per_mille": 1},
    "0.5 %": {"loss_per_mille": 5},
    "1 %": {"loss_per_mille": 10},
    "1 %, 60 ms jitter": {"loss_per_mille": 10, "jitter_ms": 60},
    "2 %": {"loss_per_mille": 20},
    "5 %": {"loss_per_mille": 50},
    "5 % in threes": {"loss_per_mille": 50, "burst": 3},
    "10 %": {"loss_per_mille": 100},
    "20 %": {"loss_per_mille": 200},
}
WEATHERS = {
    "T.38, 5 %": (Weather(loss=0.05), {}),
    "T.38, 5 % in threes": (Weather(loss=0.05, burst=3), {}),
    "T.38 with FEC, 5 % in threes": (
        Weather(loss=0.05, burst=3),
        {"error_correction": ErrorCorrection.FEC},
    ),
    "T.38, 60 ms jitter, 10 % twice": (Weather(jitter_ms=60, twice=0.1), {}),
    "G.711, 60 ms jitter": (Weather(jitter_ms=60), {"t38": T38Policy.NEVER}),
    "G.711, 0.1 %": (Weather(loss=0.001), {"t38": T38Policy.NEVER}),
    "G.711, 1 %": (Weather(loss=0.01), {"t38": T38Policy.NEVER}),
}


def _row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def in_memory(fax: Path, folder: Path) -> None:
    """The table of pages that arrived of those that were sent, and how many are equal pixel for pixel."""
    print(f"{FAXES} faxes of {len(SHEETS)} pages each: pages arrived / pages without a wrong pixel, in %.\n")
    _row("medium", "T.30", *NETWORKS)
    _row(*["---"] * (2 + len(NETWORKS)))
    for name, line in LINES.items():
        for ecm in (True, False):
            cells = [_arrived(fax, folder, line | network, ecm=ecm) for network in NETWORKS.values()]
            _row(name, "ECM" if ecm else "no ECM", *cells)


def _arrived(fax: Path, folder: Path, line: dict[str, int], *, ecm: bool) -> str:
    wanted, got = pictures(fax), folder / "arrived.tif"
    arrived = equal = 0
    for seed in range(1, FAXES + 1):
        got.unlink(missing_ok=True)
        sender, receiver = Machine(fax, ecm=ecm), Machine(got, ecm=ecm)
        result = fax_pair(sender, receiver, seed=seed, **line)
        arrived += min(result.pages_sent, result.pages_received)
        if result.pages_received:
            equal += sum(a == b for a, b in zip(pictures(got), wanted, strict=False))
    total = FAXES * len(SHEETS)
    return f"{100 * arrived / total:.0f} / {100 * min(equal, arrived) / total:.0f}"


@dataclass(frozen=True)
class Crossing:
    """What came of the calls through one network."""

    pages: int  # confirmed to the senders
    equal: int  # faxes
    longest_s: float
    lost: int  # packets


async def cross(fax: Path, folder: Path, weather: Weather, settings: dict[str, object]) -> Crossing:
    """`CALLS` calls at once were made in this weather."""
    folder.mkdir()
    wanted = pictures(fax)
    async with a_bad_line(weather, calls=CALLS, **settings) as (line, network):
        files = [folder / f"{number}.tif" for number in range(CALLS)]
        receiving = [asyncio.ensure_future(line.called.receives(file)) for file in files]
        await asyncio.sleep(0)
        sent = await asyncio.gather(*(line.caller.sends(fax) for _ in files))
        await asyncio.gather(*receiving)
    return Crossing(
        pages=sum(call.pages_confirmed for call in sent),
        equal=sum(file.exists() and pictures(file) == wanted for file in files),
        longest_s=max(call.duration.total_seconds() for call in sent),
        lost=network.lost,
    )


async def in_calls(fax: Path, folder: Path) -> None:
    """The table of real calls."""
    print(f"\n{CALLS} real calls at once in each weather, all with ECM.\n")
    _row("network", "pages arrived", "faxes equal pixel for pixel", "longest call s", "packets lost")
    _row(*["---"] * 5)
    for number, (name, (weather, settings)) in enumerate(WEATHERS.items()):
        crossing = await cross(fax, folder / str(number), weather, settings)
        whole = f"{crossing.pages} of {CALLS * len(SHEETS)}"
        _row(name, whole, f"{crossing.equal} of {CALLS}", f"{crossing.longest_s:.0f}", crossing.lost)


def main() -> None:
    """Both tables."""
    with tempfile.TemporaryDirectory(prefix="faxgw-loss-") as name:
        fax = draw_fax(Path(name, "fax.tif"), SHEETS)
        in_memory(fax, Path(name))
        asyncio.run(in_calls(fax, Path(name)))


if __name__ == "__main__":
    main()
