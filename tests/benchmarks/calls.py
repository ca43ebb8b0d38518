"""How much a call costs and how many there can be: `python tests/benchmarks/calls.py` prints Markdown.

Both ends are processes of this machine, so what is measured is twice what a gateway carries. The yardstick is
bare spandsp (bare.c), with as many faxes at once: in memory, and over UDP sockets on a 20 ms clock.

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
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from telephony import Disposition, IncomingCall, SendOrder, T38Policy, Trunk
from telephony.sip_engine import SipEngine, versions
from tests.benchmarks import bare
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fix_sip import free_address

SHEETS = [Sheet(rows=1100, speckles=300)] * 2  # two sheets of paper, standard
STAGGER_S = 10.0  # the calls begin within this time
PARTS = ("media", "signalling", "Python", "disk")  # threads of a process
POLICIES = {"t38": T38Policy.PREFER, "audio": T38Policy.NEVER}
NAMES = {"t38": "T.38", "audio": "G.711 V.17"}
PORTS = {"caller": (20000, 39999), "called": (40000, 59999)}


@dataclass
class Side:
    """What one process tells of its calls."""

    calls: int
    delivered: int
    pages: int
    cpu_s: float
    threads: dict[str, float]  # of it: media, disk, signalling, and Python
    call_s: float  # all calls together
    longest_s: float
    shortest_s: float
    statistics: dict[str, int]
    others: list[str]

    @property
    def cpu_ms_per_s(self) -> float:
        """Of one call."""
        return self.cpu_s / self.call_s * 1000

    @property
    def lateness(self) -> str:
        """Of the media thread: p50, p99 and p99.9 in milliseconds."""
        names = ("lateness_p50_us", "lateness_p99_us", "lateness_p999_us")
        return " / ".join(f"{self.statistics[name] / 1000:.1f}" for name in names)


@dataclass(frozen=True)
class Measured:
    """One row of the table for either side."""

    memory: bare.Bare
    udp: bare.Bare
    sides: tuple[Side, Side]
    intact: str  # of a sample of the received faxes


def _cpu_of_threads() -> dict[str, float]:
    """Seconds so far. The thread without a name of its own that did most is the signalling one."""
    seconds: Counter[str] = Counter()
    for task in Path("/proc/self/task").iterdir():
        name = (task / "comm").read_text().strip()
        ours = {"fax media": "media", "fax disk": "disk"}
        who = "Python" if int(task.name) == os.getpid() else ours.get(name, "signalling")
        seconds[who] += int((task / "schedstat").read_text().split()[0]) / 1e9
    return dict(seconds)


# ---- the two processes


async def _called(address: str, calls: int, policy: T38Policy, spool: Path) -> Side:
    trunk = Trunk("called", proxy="", channels=calls, t38=policy)
    facts = []

    async def take(call: IncomingCall, number: int) -> None:
        facts.append(await call.receive(spool / f"{number}.tif", local_id="called", on_event=lambda _: None))

    async with SipEngine(address, PORTS["called"], trunks=[trunk]) as engine, asyncio.TaskGroup() as taking:
        print("ready", flush=True)
        began, number = _cpu_of_threads(), 0
        async for call in engine.incoming():
            taking.create_task(take(call, number))
            number += 1
            if number == calls:
                break
        while len(facts) < calls:
            await asyncio.sleep(0.5)
        return _side(facts, began, engine.statistics())


async def _caller(address: str, proxy: str, calls: int, policy: T38Policy, fax: Path) -> Side:
    trunk = Trunk("caller", proxy=f"sip:{proxy}", channels=calls, t38=policy)
    async with SipEngine(address, PORTS["caller"], trunks=[trunk]) as engine:

        async def send(number: int) -> Any:
            await asyncio.sleep(STAGGER_S * number / calls)
            return await engine.send(SendOrder(str(number), fax, trunk), lambda _: None)

        began = _cpu_of_threads()
        facts = await asyncio.gather(*(send(number) for number in range(calls)))
        return _side(list(facts), began, engine.statistics())


def _side(facts: list[Any], began: dict[str, float], statistics: dict[str, int]) -> Side:
    threads = {name: cpu - began.get(name, 0) for name, cpu in _cpu_of_threads().items()}
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
        cpu_s=sum(threads.values()),
        threads=threads,
        call_s=sum(times),
        longest_s=max(times),
        shortest_s=min(times),
        statistics=statistics,
        others=sorted(set(others))[:5],
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


def _report(name: str, measured: Measured) -> None:
    memory, udp = measured.memory, measured.udp
    for side, who in zip(measured.sides, ("sends", "receives"), strict=True):
        cpu, mean = side.cpu_ms_per_s, side.call_s / side.calls
        parts = [f"{side.threads.get(part, 0) / side.call_s * 1000:.2f}" for part in PARTS]
        _row(
            f"{name}, {who}", f"{side.delivered} of {side.calls} ({side.pages} pages)", measured.intact,
            f"{cpu:.2f}", *parts,
            f"{memory.cpu_ms_per_s:.2f}", f"{cpu / memory.cpu_ms_per_s:.1f}",
            f"{udp.cpu_ms_per_s:.2f}", f"{cpu / udp.cpu_ms_per_s:.2f}",
            f"{mean:.1f}", f"{udp.call_s:.1f}", f"{100 * (mean / udp.call_s - 1):+.1f} %",
            side.lateness, " / ".join(f"{us / 1000:.1f}" for us in udp.lateness_us),
        )  # fmt: skip
        for other in side.others:
            print(f"<!-- {other} -->")


def sample(fax: Path, spool: Path, calls: int) -> str:
    wanted = pictures(fax)
    looked = [spool / f"{number}.tif" for number in range(0, calls, max(1, calls // 10))]
    same = sum(pictures(file) == wanted for file in looked if file.exists())
    return f"{same} of {len(looked)}"


HEAD = (
    "calls", "delivered", "pixels equal (sample)", "CPU ms/s", *(f"of it {part}" for part in PARTS),
    "bare in memory", "ratio", "bare over UDP", "ratio", "call s", "bare s", "longer by",
    "lateness ms p50/p99/p99.9", "bare's",
)  # fmt: skip


async def measure(program: Path, fax: Path, folder: Path, medium: str, calls: int) -> Measured:
    """So many calls at once, after as many faxes between bare sessions."""
    memory = await bare.run(program, medium, "memory", calls, stagger_s=STAGGER_S, fax=fax)
    udp = await bare.run(program, medium, "udp", calls, stagger_s=STAGGER_S, fax=fax)
    spool = folder / medium
    spool.mkdir()
    sides = await run_calls(calls, POLICIES[medium], fax, spool)
    return Measured(memory, udp, sides, sample(fax, spool, calls))


async def report(t38: int, audio: int) -> None:
    """The table."""
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} from others at the start; {versions()}.")
    print(
        f"Faxes of {len(SHEETS)} pages of 1728 x {SHEETS[0].rows} at 14400 bit/s with ECM; all begin within"
    )
    print(f"{STAGGER_S:.0f} s. CPU is user and system of the whole process, per second of call.\n")
    _row(*HEAD)
    _row(*["---"] * len(HEAD))
    with tempfile.TemporaryDirectory(prefix="faxgw-calls-") as name:
        folder = Path(name)
        fax, program = draw_fax(folder / "fax.tif", SHEETS), bare.build(folder)
        for medium, calls in (("t38", t38), ("audio", audio)):
            measured = await measure(program, fax, folder, medium, calls)
            _report(f"{calls} {NAMES[medium]}", measured)


def main() -> None:
    """What the command line asks for."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # three descriptors a call
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
