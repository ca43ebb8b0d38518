"""How many calls at once lose no page: `python tests/benchmarks/limit.py [t38|audio]` prints Markdown.

From the goal the number is doubled until a page is lost, then halved in between. Both ends are processes of
this machine. Beside it the same search for bare spandsp: bare.c over UDP, two processes, as we have two.
"""

import asyncio
import os
import resource
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import bare
from tests.benchmarks.calls import NAMES, POLICIES, SHEETS, STAGGER_S, run_calls, sample
from tests.fax_pages import draw_fax

GOALS = {"t38": 400, "audio": 250}
MOST = 16  # times the goal: ports and time are finite
STEPS_BETWEEN = 3

Try = Callable[[int], Awaitable[bool]]


async def search(goal: int, loses_nothing: Try) -> tuple[int, int | None]:
    """The most that lost nothing and the fewest that lost a page (None: not even `MOST` times the goal)."""
    good, bad, number = 0, None, goal
    while bad is None and number <= MOST * goal:
        if await loses_nothing(number):
            good, number = number, number * 2
        else:
            bad = number
    for _ in range(STEPS_BETWEEN):
        if bad is None or bad - good < goal // 5:
            break
        middle = (good + bad) // 2
        if await loses_nothing(middle):
            good = middle
        else:
            bad = middle
    return good, bad


def _row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


async def _calls(medium: str, number: int, fax: Path) -> bool:
    with tempfile.TemporaryDirectory(prefix="faxgw-limit-") as spool:
        sides = await run_calls(number, POLICIES[medium], fax, Path(spool))
        intact = sample(fax, Path(spool), number)
    whole = min(side.delivered for side in sides)
    same = len(set(intact.split(" of "))) == 1
    late = [100 * side.statistics["late_ticks"] / max(1, side.statistics["ticks"]) for side in sides]
    _row(
        NAMES[medium], number, f"{whole} ({intact} of a sample pixel for pixel)",
        " and ".join(f"{side.cpu_ms_per_s:.2f}" for side in sides),
        " and ".join(side.lateness for side in sides), f"{max(late):.1f} %",
        "; ".join(sorted({other for side in sides for other in side.others}))[:200],
    )  # fmt: skip
    return whole == number and same


async def _bare(program: Path, medium: str, number: int, fax: Path) -> bool:
    halves = await asyncio.gather(
        *(bare.run(program, medium, "udp", number // 2, stagger_s=STAGGER_S, fax=fax) for _ in range(2))
    )
    whole = sum(half.whole for half in halves)
    lateness = (" / ".join(f"{us / 1000:.1f}" for us in half.lateness_us) for half in halves)
    cpu = " and ".join(f"{half.cpu_ms_per_s:.2f}" for half in halves)
    _row(f"bare spandsp, {NAMES[medium]}", number, whole, cpu, " and ".join(lateness), "", "")
    return whole == number // 2 * 2


async def report(media: list[str]) -> None:
    """The table of all that was tried, and what was found."""
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} from others at the start.")
    print(f"Faxes of {len(SHEETS)} pages, beginning within {STAGGER_S:.0f} s.\n")
    _row("calls", "at once", "whole", "CPU ms/s", "lateness ms p50/p99/p99.9", "late ticks", "lost by")
    _row(*["---"] * 7)
    found = []
    with tempfile.TemporaryDirectory(prefix="faxgw-limit-") as name:
        fax, program = draw_fax(Path(name, "fax.tif"), SHEETS), bare.build(Path(name))
        for medium in media:
            ours = await search(GOALS[medium], lambda number, medium=medium: _calls(medium, number, fax))
            theirs = await search(
                GOALS[medium], lambda number, medium=medium: _bare(program, medium, number, fax)
            )
            found.append((NAMES[medium], GOALS[medium], ours, theirs))
    print()
    for name, goal, ours, theirs in found:
        print(f"{name}: goal {goal}; {_words(ours)}. Bare spandsp: {_words(theirs)}.")


def _words(found: tuple[int, int | None]) -> str:
    good, bad = found
    return f"{good} lose nothing, {bad} lose a page" if bad else f"{good} lose nothing, more were not tried"


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(report(sys.argv[1:] or list(GOALS)))
