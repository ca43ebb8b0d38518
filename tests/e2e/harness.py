"""A whole gateway as its users have it: processes, SMTP in, SIP out, mails out, in a temporary folder.

The neighbours are a fax machine (its own process, real calls on loopback) and a mail sink. Nothing in the
product knows that it is tested.
"""

import asyncio
import email
import fcntl
import json
import os
import re
import signal
import smtplib
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from types import MappingProxyType

from gateway.mail.sink import MailSink
from tests.free_port import a_free_port
from tests.patience import PATIENCE

ROLES = ("work", "line", "intake")
BUSY = "+4930666"
OURS = "+4930999"
NOTHING: Mapping[str, str] = MappingProxyType({})
FINISHED = frozenset({"delivered", "failed", "cancelled", "held"})

_LONGEST = 2 * PATIENCE  # for a call, its repetition and its answer

CONFIG = """\
[node]
name = "here"
data_dir = "{folder}/data"
[queue]
lease = "5s"
[smtp]
listen = "127.0.0.1:{smtp}"
domains = ["fax.example.com"]
relay_networks = ["127.0.0.0/8"]
[rendering]
office = false
[sending]
station_id = "+49 30 999"
attempts = 2
delay = "2s"
busy_delay = "10s"
[sip]
listen = "127.0.0.1:{sip}"
[trunk.main]
proxy = "sip:127.0.0.1:{machine}"
channels = 30
t38 = "{t38}"
[receiving]
operators = "operators@example.com"
[did]
"+4930999" = ["reception@example.com"]
[mailer]
host = "127.0.0.1"
port = {sink}
sender = "fax@example.com"
timeout = "5s"
"""


@dataclass
class World:
    """Gateway, fax machine and mail sink."""

    folder: Path
    sink: MailSink
    t38: str = "prefer"
    smtp: int = field(default_factory=a_free_port)
    sip: int = field(default_factory=a_free_port)
    machine: int = field(default_factory=a_free_port)
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)
    gateway: asyncio.subprocess.Process | None = None

    # ---- processes

    @property
    def config(self) -> Path:
        """The configuration of the gateway."""
        return self.folder / "faxgw.toml"

    @property
    def log(self) -> str:
        """What the gateway said so far."""
        return (self.folder / "gateway.log").read_text()

    async def start_gateway(self, *arguments: str, roles: Collection[str] = ROLES) -> None:
        """Every role is ready."""
        self.gateway = await self.run("serve", "-c", str(self.config), "--roles", ",".join(roles), *arguments)
        await self.until_ready(*roles)

    async def until_ready(self, *roles: str) -> None:
        """The roles are ready: each process that runs for one now has said so."""
        for role in roles:
            await self.until(lambda role=role: self._is_ready(role))

    def _is_ready(self, role: str) -> bool:
        assert self.gateway is not None
        assert self.gateway.returncode is None, self.log
        _, started, since = self.log.rpartition(f"{role} started, process {self.pid(role)}\n")
        return bool(started) and f"{role} is ready" in since

    async def stop_gateway(self) -> int:
        """The exit code of the gateway after SIGTERM."""
        assert self.gateway is not None
        self.gateway.send_signal(signal.SIGTERM)
        return await self.gateway.wait()

    async def start_machine(self, *arguments: str) -> None:
        """A fax machine listens."""
        process = await self.run(
            "fax-machine",
            *("--listen", f"127.0.0.1:{self.machine}"),
            *("--spool", str(self.folder / "machine"), "--busy", BUSY),
            *arguments,
            output="machine.log",
        )
        while "listening" not in (self.folder / "machine.log").read_text():
            assert process.returncode is None, (self.folder / "machine.log").read_text()
            await asyncio.sleep(0.05)

    async def run(
        self, *arguments: str, output: str = "gateway.log", **environment: str
    ) -> asyncio.subprocess.Process:
        """A faxgw command as a process, which ends with the test."""
        with (self.folder / output).open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway", *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=os.environ | environment,
            )
        self.processes.append(process)
        return process

    def pid(self, role: str) -> int | None:
        """The process id of a role, of "intake-2", or of the "supervisor"; None when it does not run."""
        assert self.gateway is not None
        if role == "supervisor":
            return self.gateway.pid
        started = re.findall(rf" {re.escape(role)} started, process (\d+)\n", self.log)
        return int(started[-1]) if started and is_alive(int(started[-1])) else None

    def signal(self, role: str, signum: signal.Signals) -> None:
        """The role gets the signal."""
        pid = self.pid(role)
        assert pid is not None, f"{role} does not run"
        os.kill(pid, signum)

    async def kill(self, role: str) -> None:
        """The role died by SIGKILL, and everything runs again."""
        self.kill_now(role)
        await self.revive(role)

    def kill_now(self, role: str) -> None:
        """The role is dead, and whoever dies with it."""
        pids = [self.pid(name) for name in (ROLES if role == "supervisor" else [role])]
        self.signal(role, signal.SIGKILL)
        while any(is_alive(pid) for pid in pids if pid):
            time.sleep(0.001)

    async def revive(self, role: str, *, pausing: str = "") -> None:
        """After a kill every role is ready; `pausing` is stopped before it has taken a job."""
        with self.writes_held() if pausing else nullcontext():
            if role == "supervisor":
                assert self.gateway is not None
                await self.gateway.wait()
                await self.start_gateway()
            elif role == pausing or not pausing:
                await self.until_ready(role)
            if pausing:
                self._stop(pausing)
        await self.until_ready(role if role != "supervisor" else "work")

    async def pause(self, role: str) -> None:
        """The role is stopped (SIGSTOP), and holds no lock of the queue."""
        with self.writes_held():
            self._stop(role)

    def _stop(self, role: str) -> None:
        """Each of its threads stands still: one that went on could take a lock and keep it."""
        self.signal(role, signal.SIGSTOP)
        threads = Path(f"/proc/{self.pid(role)}/task")
        while any(_status(thread / "stat") != "T" for thread in threads.iterdir()):
            time.sleep(0.001)

    def resume(self, role: str) -> None:
        """A role that was stopped goes on, if it lives."""
        if self.pid(role) is not None:
            self.signal(role, signal.SIGCONT)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Returns when it holds; looks often, because these are other processes."""
        try:
            async with asyncio.timeout(_LONGEST):
                while not condition():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"It never came to that. The gateway said:\n{self.log[-5000:]}") from None

    # ---- mails

    async def mail(
        self,
        number: str,
        text: str = "Hello\n",
        fields: Mapping[str, str] = NOTHING,
        *,
        options: Sequence[str] = (),
    ) -> None:
        """A mail to this number, with these header fields and options of RCPT, was accepted."""
        message = EmailMessage()
        message["From"] = "Ann Smith <ann@example.com>"
        message["Subject"] = f"To {number}"
        message["Message-ID"] = f"<{number.strip('+')}@example.com>"
        for name, value in fields.items():
            message[name] = value
        message.set_content(text)
        await asyncio.to_thread(self._mail, number, message.as_bytes(), options)

    def _mail(self, number: str, message: bytes, options: Sequence[str] = ()) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=PATIENCE) as client:
            recipients = [f"{number}@fax.example.com"]
            client.sendmail("ann@example.com", recipients, message, rcpt_options=options)

    def answers(self) -> list[EmailMessage]:
        """The mails that left."""
        return [
            email.message_from_bytes(file.read_bytes(), policy=policy.default) for file in self.sink.mails()
        ]

    # ---- the queue, looked at from outside

    @contextmanager
    def writes_held(self) -> Iterator[sqlite3.Connection]:
        """Nobody else can write to the queue, or has its lock."""
        with self.database() as database, (self.folder / "data/queue.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("ROLLBACK")

    @contextmanager
    def in_slow_motion(self) -> Iterator[None]:
        """Every change of a job's state takes a while before it is committed: states can be caught."""
        with self.database() as database:
            database.execute(_SLOW_MOTION)
        yield
        with self.database() as database:
            database.execute("DROP TRIGGER slow_motion")

    async def is_caught(self, number: str, state: str) -> bool:
        """The job has just come into this state; False when that was missed."""
        with self.database() as database:
            return await asyncio.to_thread(_seen, database, number, state)

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """The queue."""
        file = self.folder / "data/queue.db"
        with closing(
            sqlite3.connect(file, isolation_level=None, timeout=PATIENCE, check_same_thread=False)
        ) as database:
            yield database

    def state(self, number: str) -> str:
        """Where the only job to this number is, or ""."""
        with self.database() as database:
            return _state(database, number)

    def numbers(self) -> list[str]:
        """The number of every job."""
        with self.database() as database:
            return [number for (number,) in database.execute("SELECT number FROM job")]

    def states(self) -> dict[str, str]:
        """Where every job is, by number."""
        with self.database() as database:
            return dict(database.execute("SELECT number, state FROM job").fetchall())

    def journal(self) -> Counter[str]:
        """Pages in the journals of all calls, by number."""
        query = """SELECT job.number, count(*) FROM page JOIN attempt ON attempt.id = page.attempt_id
                   JOIN job ON job.id = attempt.job_id GROUP BY job.number"""
        with self.database() as database:
            return Counter(dict(database.execute(query).fetchall()))

    def calls_with_pages(self) -> Counter[str]:
        """Calls in which a page was confirmed, by number."""
        query = """SELECT job.number, count(DISTINCT attempt.id) FROM page
                   JOIN attempt ON attempt.id = page.attempt_id
                   JOIN job ON job.id = attempt.job_id GROUP BY job.number"""
        with self.database() as database:
            return Counter(dict(database.execute(query).fetchall()))

    def tries(self) -> Counter[str]:
        """How often each mail was begun to be sent, by Message-ID."""
        with self.database() as database:
            return Counter(dict(database.execute("SELECT message_id, tries FROM notification").fetchall()))

    async def until_finished(self) -> None:
        """Every job is, and every mail that is owed has left."""
        query = "SELECT count(*) FROM notification WHERE sent_at IS NULL"
        await self.until(lambda: all(state in FINISHED for state in self.states().values()))
        with self.database() as database:
            await self.until(lambda: database.execute(query).fetchone() == (0,))

    # ---- the fax machine

    def received(self) -> Counter[str]:
        """Pages that the machine has confirmed, by the number that was called."""
        pages: Counter[str] = Counter()
        for file in (self.folder / "machine").glob("*.json"):
            facts = json.loads(file.read_text())
            pages[facts["called"]] += len(facts["pages"])
        return pages


_SLOW_MOTION = """
    CREATE TRIGGER slow_motion BEFORE UPDATE OF state ON job BEGIN
      SELECT count(*) FROM (
        WITH RECURSIVE step(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM step LIMIT 600000) SELECT n FROM step
      );
    END
"""


def _state(database: sqlite3.Connection, number: str) -> str:
    row = database.execute("SELECT state FROM job WHERE number = ?", (number,)).fetchone()
    return row[0] if row else ""


def _seen(database: sqlite3.Connection, number: str, state: str) -> bool:
    """Whether the job came into the state; looks without a pause, for it will not stay there."""
    order = ["", "received", "resolving", "resolved", "rendering", "rendered", "sending", "deferred"]
    while (now := _state(database, number)) != state:
        if now not in order or order.index(now) > order.index(state):
            return False
    return True


def is_alive(pid: int) -> bool:
    """Whether there is such a process that is no zombie."""
    return _status(Path(f"/proc/{pid}/stat")) not in {"Z", ""}


def _status(stat: Path) -> str:
    """The letter of proc(5); "" when it is gone."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


@asynccontextmanager
async def a_world(
    folder: Path, *, t38: str = "prefer", machine: Collection[str] = ()
) -> AsyncIterator[World]:
    """A fax machine, with these arguments, and a mail sink that run, and a gateway that can be started."""
    async with MailSink("127.0.0.1:0", folder / "mails") as sink:
        world = World(folder, sink, t38)
        world.config.write_text(
            CONFIG.format(
                folder=folder, smtp=world.smtp, sip=world.sip, machine=world.machine, sink=sink.port, t38=t38
            )
        )
        try:
            await world.start_machine(*machine)
            yield world
        finally:
            for process in world.processes:
                if process.returncode is None:
                    process.kill()
                await process.wait()
