"""How many mails a second are accepted durably: our intake with its store, against Postfix.

    python tests/benchmarks/smtp.py [--rounds N]

Postfix is a private instance (smtpd, cleanup, hold queue); ours is one and two intake processes with the real
store, SQLite or a PostgreSQL of its own. Rounds are interleaved, smtp-source is the client of all, a
connection carries one message. All sync each message to disk before they say 250. Prints a Markdown table.
Needs Debian's postfix and postgresql-15.
"""

import argparse
import asyncio
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from ipaddress import ip_network
from pathlib import Path

# Python puts this folder first, where "queue" would be a benchmark and not the standard library's module.
sys.path[0] = str(Path(__file__).parents[2])

import psycopg  # noqa: E402

from gateway.cluster.wakeups import open_wakeups  # noqa: E402
from gateway.config.schema import NodeSection, QueueSection, SmtpSection  # noqa: E402
from gateway.intake.smtp import SmtpIntake  # noqa: E402
from gateway.store import migrate, open_store  # noqa: E402
from tests.fix_postfix import Postfix, a_postfix  # noqa: E402
from tests.fix_postgres import Postgres  # noqa: E402
from tests.free_port import a_free_port  # noqa: E402

LOADS = (
    ("2 KB", 2_000, 20, 1000),
    ("5 KB", 5_000, 20, 1000),
    ("110 KB", 110_000, 10, 250),
    ("1.5 MB", 1_500_000, 5, 50),
)
RECIPIENT = "441174960124@fax.example.com"
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", nargs=3, metavar=("PORT", "DIR", "URL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        port, folder, url = arguments.serve
        asyncio.run(serve(int(port), Path(folder), url))
        return
    for program in ("smtp-source", "postfix"):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            sys.exit(f"{program} is missing. Install it: apt-get install postfix")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faxgw-bench-")))
        folder.chmod(0o755)  # Postfix insists on it
        servers = {
            "Postfix": stack.enter_context(postfix(folder / "postfix")),
            "faxgw, 1 process": stack.enter_context(intake(folder / "one", processes=1)),
            "faxgw, 2 processes": stack.enter_context(intake(folder / "two", processes=2)),
            "faxgw, PostgreSQL, 1 process": stack.enter_context(
                intake(folder / "pg", processes=1, url=stack.enter_context(postgresql()))
            ),
            "faxgw, PostgreSQL, 2 processes": stack.enter_context(
                intake(folder / "pg2", processes=2, url=stack.enter_context(postgresql()))
            ),
        }
        measure(servers, arguments.rounds)


class Server:
    """Where to send to, and what it costs."""

    def __init__(self, port: int, processes: list[int]) -> None:
        self.port, self._processes = port, processes
        self.sent = 0

    def cpu(self) -> float:
        """Seconds, of these processes and their children, dead or alive."""
        return sum(_cpu(pid) for pid in self._processes)

    def stored(self) -> int:
        raise NotImplementedError

    def clear(self) -> None:
        """The next round starts with an empty queue, where that matters."""


def measure(servers: dict[str, Server], rounds: int) -> None:
    rates: dict[tuple[str, str], list[float]] = {}
    costs: dict[tuple[str, str], list[float]] = {}
    for load, size, sessions, count in LOADS:
        for _ in range(rounds):
            for name, server in servers.items():
                cpu, began = server.cpu(), time.perf_counter()
                _send(server.port, size, sessions, count)
                took = time.perf_counter() - began
                server.sent += count
                costs.setdefault((load, name), []).append((server.cpu() - cpu) / count * 1000)
                rates.setdefault((load, name), []).append(count / took)
                server.clear()
    for name, server in servers.items():
        assert server.stored() == server.sent, f"{name} lost mails: {server.stored()} of {server.sent}"
    print("| mail | sessions | server | mails/s | MB/s | against Postfix | CPU ms/mail |")
    print("|---|---|---|---|---|---|---|")
    for load, size, sessions, _ in LOADS:
        for name in servers:
            rate, cost = statistics.median(rates[load, name]), statistics.median(costs[load, name])
            against = statistics.median(
                ours / theirs for ours, theirs in zip(rates[load, name], rates[load, "Postfix"], strict=True)
            )
            print(
                f"| {load} | {sessions} | {name} | {rate:.0f} | {rate * size / 1e6:.1f} "
                f"| {against:.2f} | {cost:.2f} |"
            )


def _send(port: int, size: int, sessions: int, count: int) -> None:
    subprocess.run(
        shlex.split(
            f"/usr/sbin/smtp-source -4 -l {size} -s {sessions} -m {count} -f anna@example.com -t {RECIPIENT} "
            f"127.0.0.1:{port}"
        ),
        check=True,
    )


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS + sum(_cpu(int(child)) for child in children)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"Nothing listens on port {port}.")


# Ours.


async def serve(port: int, folder: Path, url: str) -> None:
    """One intake process, until SIGTERM."""
    queue, node = QueueSection(url=url), NodeSection(name="bench", data_dir=folder)
    section = SmtpSection(
        listen=f"127.0.0.1:{port}",
        domains=("fax.example.com",),
        relay_networks=(ip_network("127.0.0.0/8"),),
        hostname="bench.example.com",
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with (
        open_wakeups(queue, node) as wakeups,
        open_store(queue, node, wakeups) as store,
        SmtpIntake(section, store.jobs, folder, share_port=True),
    ):
        await stop.wait()


class _Intake(Server):
    def __init__(self, port: int, processes: list[int], database: Path | str) -> None:
        super().__init__(port, processes)
        self._database = database

    def stored(self) -> int:
        open_it = psycopg.connect if isinstance(self._database, str) else sqlite3.connect
        with closing(open_it(self._database)) as database:  # type: ignore[operator]
            return int(database.execute("SELECT count(*) FROM job").fetchone()[0])


@contextmanager
def intake(folder: Path, *, processes: int, url: str = "") -> Iterator[Server]:
    folder.mkdir()
    migrate(QueueSection(url=url), NodeSection(name="bench", data_dir=folder))
    port = a_free_port()
    command = [sys.executable, __file__, "--serve", str(port), str(folder), url]
    # A session of their own, as Postfix has: Linux shares a busy machine out among sessions.
    running = [subprocess.Popen(command, start_new_session=True) for _ in range(processes)]
    try:
        _wait_for(port)
        time.sleep(1)  # the second one, too
        yield _Intake(port, [process.pid for process in running], url or folder / "queue.db")
    finally:
        for process in running:
            process.terminate()
            process.wait(10)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a server of our own."""
    server = Postgres(Path(tempfile.mkdtemp(prefix="faxgw-pg-")))
    server.create()
    server.start()
    try:
        yield server.url("postgres")
    finally:
        server.stop()
        shutil.rmtree(server.folder)


# Postfix.


class _Postfix(Server):
    def __init__(self, instance: Postfix) -> None:
        super().__init__(instance.port, [instance.pid])
        self._instance = instance
        self._cleared = 0

    def clear(self) -> None:
        said = self._instance.run("postsuper", "-d", "ALL")
        self._cleared += int(found[1]) if (found := re.search(r"Deleted: (\d+)", said)) else 0

    def stored(self) -> int:
        return self._cleared


@contextmanager
def postfix(folder: Path) -> Iterator[Server]:
    with a_postfix(
        folder, "smtpd_recipient_restrictions = check_recipient_access static:HOLD, permit\n"
    ) as it:
        yield _Postfix(it)


if __name__ == "__main__":
    main()
