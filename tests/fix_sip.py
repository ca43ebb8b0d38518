"""SIP neighbours: our own engines and fax machines on free ports, sipp, and a telephone made of pjsua2.

Each neighbour that is missing fails the run; the message names what to install.
"""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from telephony.engine import IncomingCall, SendOrder
from telephony.events import CallEvent, PageConfirmed
from telephony.sip_engine import SipEngine
from telephony.tls import TlsSettings
from telephony.transmission import Transmission
from telephony.trunk import Trunk
from tests.free_port import a_free_port
from tests.patience import PATIENCE

MEDIA_PORTS = (20000, 59999)  # an engine steps over ports that are taken
SCENARIOS = Path(__file__).parent / "integration" / "telephony" / "sipp"


def free_address(host: str = "127.0.0.1") -> str:
    """An address on this machine where SIP can listen, by UDP and TCP."""
    port = a_free_port(host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def sipp_version() -> str:
    """What `sipp -v` says of itself.

    Raises:
        RuntimeError: sipp is not installed.
    """
    if not shutil.which("sipp"):
        raise RuntimeError("sipp is not installed. Run: apt-get install sip-tester")
    said = subprocess.run(["sipp", "-v"], check=False, capture_output=True, text=True).stdout.strip()
    return said.splitlines()[0].strip(" .") if said else "sipp"


@dataclass
class Heard:
    """What an engine told of a call."""

    events: list[CallEvent] = field(default_factory=list)
    look: Callable[[CallEvent], None] = lambda _: None

    def __call__(self, event: CallEvent) -> None:
        self.events.append(event)
        self.look(event)

    @property
    def confirmed(self) -> list[int]:
        """The numbers of the confirmed pages, in order."""
        return [event.page.number for event in self.events if isinstance(event, PageConfirmed)]

    def kinds(self) -> list[str]:
        """The events' names, in order."""
        return [type(event).__name__ for event in self.events]


@dataclass
class Station:
    """One of our engines, with one trunk."""

    engine: SipEngine
    trunk: Trunk
    address: str

    async def sends(
        self, pages: Path, number: str = "+49301", heard: Heard | None = None, **order: Any
    ) -> Transmission:
        """The facts of a call with these pages to the trunk."""
        return await self.engine.send(SendOrder(number, pages, self.trunk, **order), heard or Heard())

    async def next_call(self) -> IncomingCall:
        """The next call that comes in."""
        return await anext(aiter(self.engine.incoming()))

    async def receives(self, pages: Path, heard: Heard | None = None) -> Transmission:
        """The facts of the next call that comes in."""
        call = await self.next_call()
        return await call.receive(pages, local_id="STATION", on_event=heard or Heard())

    def listens(self) -> "asyncio.Task[IncomingCall]":
        """From now on calls are taken, not refused."""
        return asyncio.ensure_future(self.next_call())


async def busy_when_it_rings(
    arriving: "asyncio.Future[IncomingCall]", sending: "asyncio.Future[Transmission]"
) -> Transmission:
    """The facts of a call that is busy when it rings. One that never rings says in them why."""
    await asyncio.wait([arriving, sending], return_when=asyncio.FIRST_COMPLETED)
    if arriving.done():
        await arriving.result().reject(486)
    arriving.cancel()
    return await sending


@contextlib.asynccontextmanager
async def a_station(
    calls: str = "127.0.0.1:9",
    *,
    host: str = "127.0.0.1",
    tls: TlsSettings | None = None,
    resolv_conf: Path | None = None,
    **settings: Any,
) -> AsyncIterator[Station]:
    """An engine at `host` whose trunk is the SIP address `calls`."""
    address = free_address(host)
    trunk = Trunk("main", proxy=f"sip:{calls}", **settings)
    async with SipEngine(address, MEDIA_PORTS, trunks=[trunk], tls=tls, resolv_conf=resolv_conf) as engine:
        yield Station(engine, trunk, address)


@dataclass
class Line:
    """Two of our engines; `caller`'s trunk is `called`."""

    caller: Station
    called: Station


@contextlib.asynccontextmanager
async def a_line(
    caller: dict[str, Any] | None = None, called: dict[str, Any] | None = None
) -> AsyncIterator[Line]:
    """Two engines with these settings of their trunks."""
    async with a_station(**called or {}) as far, a_station(calls=far.address, **caller or {}) as near:
        yield Line(near, far)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """Two of our engines on loopback."""
    async with a_line() as two:
        yield two


class FaxMachine:
    """`faxgw fax-machine` in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], address: str, spool: Path) -> None:
        self.process, self.address, self.spool = process, address, spool
        self.said: list[dict[str, Any]] = []

    def next_line(self) -> dict[str, Any]:
        """The next thing it prints; waits for it."""
        assert self.process.stdout
        text = self.process.stdout.readline()
        assert text, f"the fax machine ended with {self.process.wait()}"
        said: dict[str, Any] = json.loads(text)
        self.said.append(said)
        return said

    async def says(self, event: str) -> dict[str, Any]:
        """The next line that tells of `event`."""
        while (said := await asyncio.to_thread(self.next_line))["event"] != event:
            pass
        return said


@contextlib.contextmanager
def a_fax_machine(
    spool: Path, *options: str, before_start: Callable[[], None] | None = None
) -> Iterator[FaxMachine]:
    """A listening fax machine."""
    address = free_address()
    command = [
        sys.executable,
        "-m",
        "gateway",
        "fax-machine",
        "--listen",
        address,
        "--spool",
        str(spool),
        *options,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=before_start)  # noqa: PLW1509
    machine = FaxMachine(process, address, spool)
    try:
        assert machine.next_line()["event"] == "listening"
        yield machine
    finally:
        process.terminate()
        process.wait(PATIENCE)
        assert process.stdout
        process.stdout.close()


class Sipp:
    """One run of sipp with one of our scenarios."""

    def __init__(self, process: "asyncio.subprocess.Process", folder: Path, address: str) -> None:
        self._process, self._folder, self.address = process, folder, address

    async def plays_to_the_end(self) -> None:
        """The scenario was played as written; the trace is in the failure otherwise."""
        code = await asyncio.wait_for(self._process.wait(), 2 * PATIENCE)
        assert code == 0, self._story(code)

    def _story(self, code: int) -> str:
        files = sorted(self._folder.glob("*_errors.log")) + sorted(self._folder.glob("*_messages.log"))
        return f"sipp ended with {code}\n" + "\n".join(file.read_text()[-6000:] for file in files)

    def messages(self) -> str:
        """All SIP messages of the run."""
        return "\n".join(file.read_text() for file in self._folder.glob("*_messages.log"))

    async def stop(self) -> None:
        """The process is gone."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@contextlib.asynccontextmanager
async def sipp(
    scenario: str, calls: str = "", *, host: str = "127.0.0.1", times: int = 1, **keys: str
) -> AsyncIterator[Sipp]:
    """sipp at `host` with tests/integration/telephony/sipp/`scenario`.xml; it `calls` an address, or listens.

    It plays it `times` times. `keys` fill in the words in brackets of the scenario.
    """
    address = free_address(host)
    _, port = address.split(":")
    text = (SCENARIOS / f"{scenario}.xml").read_text()
    for name, value in keys.items():
        text = text.replace(f"[{name}]", value)
    with tempfile.TemporaryDirectory(prefix="faxgw-sipp-") as folder:
        Path(folder, "scenario.xml").write_text(text)
        command = [
            "sipp", "-sf", "scenario.xml", "-i", host, "-p", port, "-m", str(times), "-nostdin",
            "-trace_msg", "-trace_err", "-timeout", "180", "-timeout_error", *([calls] if calls else []),
        ]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | {"TERM": "dumb"},
        )  # fmt: skip
        run = Sipp(process, Path(folder), address)
        try:
            if not calls:
                await _is_listening(port)
            yield run
        finally:
            await run.stop()


async def _is_listening(port: str) -> None:
    """Somebody has the UDP port; /proc tells it without asking him."""
    wanted = f":{int(port):04X} "
    async with asyncio.timeout(PATIENCE):
        while wanted not in Path("/proc/net/udp").read_text():
            await asyncio.sleep(0.02)
