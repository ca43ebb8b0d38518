"""How much a call costs and how many there can be: `python tests/benchmarks/calls.py` prints Markdown.

Both ends are processes of this machine, so what is measured is twice what a gateway carries. The yardstick is
bare spandsp: the same fax between two of its sessions in one thread, without a network (fc_fax_pair).

    --t38 N      simultaneous T.38 calls (200)
    --audio N    simultaneous G.711 calls (100)
    --quick      a tenth of that
"""

import argparse
import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from telephony import Disposition, IncomingCall, SendOrder, T38Policy, Trunk
from telephony.sip_engine import SipEngine, versions
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fax_pair import Machine, fax_pair
from tests.fix_sip import free_address

SHEETS = [Sheet(rows=1100, speckles=300)] * 2  # two sheets of paper, standard
STAGGER_S = 10.0  # the calls begin within this time
PORTS = {"caller": (20000, 39999), "called": (40000, 59999)}


@dataclass(frozen=True)
class Yardstick:
    """The same fax between two bare sessions."""

    call_s: float
    cpu_ms_per_s: float  # of one endpoint


@dataclass
class Side:
    """What one process tells of its calls."""

    calls: int
    delivered: int
    pages: int
    cpu_s: float
    call_s: float  # all calls together
    longest_s: float
    shortest_s: float
    statistics: dict[str, int]
    others: list[str]


def yardstick(fax: Path, folder: Path, *, t38: bool) -> Yardstick:
    """Median of five."""
    samples = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_SELF)
        result = fax_pair(Machine(fax), Machine(folder / "bare.tif"), t38=t38)
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        samples.append((cpu / 2 / (result.call_ms / 1000) * 1000, result.call_ms / 1000))
    samples.sort()
    return Yardstick(call_s=samples[2][1], cpu_ms_per_s=samples[2][0])


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


# ---- the two processes


async def _called(address: str, calls: int, policy: T38Policy, spool: Path) -> Side:
    trunk = Trunk("called", proxy="", channels=calls, t38=policy)
    facts = []

    async def take(call: IncomingCall, number: int) -> None:
        facts.append(await call.receive(spool / f"{number}.tif", local_id="called", on_event=lambda _: None))

    async with SipEngine(address, PORTS["called"], trunks=[trunk]) as engine, asyncio.TaskGroup() as taking:
        print("ready", flush=True)
        began, number = _cpu_s(), 0
        async for call in engine.incoming():
            taking.create_task(take(call, number))
            number += 1
            if number == calls:
                break
        while len(facts) < calls:
            await asyncio.sleep(0.5)
        return _side(facts, _cpu_s() - began, engine.statistics())


async def _caller(address: str, proxy: str, calls: int, policy: T38Policy, fax: Path) -> Side:
    trunk = Trunk("caller", proxy=f"sip:{proxy}", channels=calls, t38=policy)
    async with SipEngine(address, PORTS["caller"], trunks=[trunk]) as engine:

        async def send(number: int) -> Any:
            await asyncio.sleep(STAGGER_S * number / calls)
            return await engine.send(SendOrder(str(number), fax, trunk), lambda _: None)

        began = _cpu_s()
        facts = await asyncio.gather(*(send(number) for number in range(calls)))
        return _side(list(facts), _cpu_s() - began, engine.statistics())


def _side(facts: list[Any], cpu_s: float, statistics: dict[str, int]) -> Side:
    times = [(call.ended_at - (call.answered_at or call.started_at)).total_seconds() for call in facts]
    others = [
        f"{call.disposition}: {call.detail}"
        for call in facts
        if call.disposition is not Disposition.DELIVERED
    ]
    return Side(
        calls=len(facts),
        delivered=len(facts) - len(others),
        pages=sum(call.pages_confirmed for call in facts),
        cpu_s=cpu_s,
        call_s=sum(times),
        longest_s=max(times),
        shortest_s=min(times),
        statistics=statistics,
        others=others[:5],
    )


async def _process(*words: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.calls", *map(str, words),
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip


async def run_calls(calls: int, policy: T38Policy, fax: Path, spool: Path) -> tuple[Side, Side]:
    """Both sides of so many calls at once; `spool` has what arrived."""
    near, far = free_address(), free_address()
    called = await _process("called", far, calls, policy, spool)
    assert called.stdout
    await called.stdout.readline()
    caller = await _process("caller", near, far, calls, policy, fax)
    (sent, _), (received, _) = await asyncio.gather(caller.communicate(), called.communicate())
    return Side(**json.loads(sent.splitlines()[-1])), Side(**json.loads(received.splitlines()[-1]))


# ---- the report


def _row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def _report(name: str, bare: Yardstick, sides: tuple[Side, Side], intact: str) -> None:
    for side, who in zip(sides, ("sends", "receives"), strict=True):
        cpu = side.cpu_s / side.call_s * 1000
        mean = side.call_s / side.calls
        lateness = side.statistics["worst_lateness_us"] / 1000
        late = 100 * side.statistics["late_ticks"] / max(1, side.statistics["ticks"])
        _row(
            f"{name}, {who}", side.calls, f"{side.delivered} ({side.pages} pages)", intact,
            f"{cpu * 60 / 1000:.3f}", f"{cpu:.2f}", f"{bare.cpu_ms_per_s:.2f}",
            f"{cpu / bare.cpu_ms_per_s:.2f}",
            f"{mean:.1f}", f"{bare.call_s:.1f}", f"{100 * (mean / bare.call_s - 1):+.1f} %",
            f"{lateness:.0f}", f"{late:.1f} %",
        )  # fmt: skip
        for other in side.others:
            print(f"<!-- {other} -->")


def _sample(fax: Path, spool: Path, calls: int) -> str:
    wanted = pictures(fax)
    looked = [spool / f"{number}.tif" for number in range(0, calls, max(1, calls // 10))]
    same = sum(pictures(file) == wanted for file in looked if file.exists())
    return f"{same} of {len(looked)}"


async def report(t38: int, audio: int) -> None:
    """The tables."""
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} from others at the start; {versions()}.")
    print(
        f"A fax of {len(SHEETS)} pages of 1728 x {SHEETS[0].rows} at 14400 bit/s with ECM; calls begin within"
    )
    print(
        f"{STAGGER_S:.0f} s. CPU is user and system of the whole process, signalling and Python included.\n"
    )
    head = [
        "calls",
        "at once",
        "delivered",
        "pixels equal (sample)",
        "CPU s/min of call",
        "CPU ms/s",
        "bare spandsp",
    ]
    head += ["ratio", "call s", "bare s", "longer by", "worst lateness ms", "late ticks"]
    _row(*head)
    _row(*["---"] * len(head))
    rounds = [
        ("T.38", T38Policy.PREFER, True, max(1, t38 // 10)),
        ("G.711 V.17", T38Policy.NEVER, False, max(1, audio // 10)),
        ("T.38", T38Policy.PREFER, True, t38),
        ("G.711 V.17", T38Policy.NEVER, False, audio),
    ]
    for name, policy, image, calls in rounds:
        with tempfile.TemporaryDirectory(prefix="faxgw-calls-") as folder:
            fax = draw_fax(Path(folder, "fax.tif"), SHEETS)
            bare = yardstick(fax, Path(folder), t38=image)
            began = time.monotonic()
            sides = await run_calls(calls, policy, fax, Path(folder))
            _report(name, bare, sides, _sample(fax, Path(folder), calls))
            print(f"<!-- {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f} -->", flush=True)


def main() -> None:
    """What the command line asks for."""
    if sys.argv[1:2] == ["called"]:
        address, calls, policy, spool = sys.argv[2:]
        print(json.dumps(asdict(asyncio.run(_called(address, int(calls), T38Policy(policy), Path(spool))))))
    elif sys.argv[1:2] == ["caller"]:
        address, proxy, calls, policy, fax = sys.argv[2:]
        side = asyncio.run(_caller(address, proxy, int(calls), T38Policy(policy), Path(fax)))
        print(json.dumps(asdict(side)))
    else:
        words = argparse.ArgumentParser(
            description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        words.add_argument("--t38", type=int, default=200)
        words.add_argument("--audio", type=int, default=100)
        words.add_argument("--quick", action="store_true")
        wanted = words.parse_args()
        part = 10 if wanted.quick else 1
        asyncio.run(report(wanted.t38 // part, wanted.audio // part))


if __name__ == "__main__":
    main()
