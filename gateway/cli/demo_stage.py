"""The demo's stage: a gateway, a fax machine and a mail sink on loopback, and what goes through them."""

import asyncio
import contextlib
import email
import json
import os
import signal
import socket
import sys
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from types import TracebackType

import aiosmtplib
from rich.console import Console
from rich.live import Live
from rich.table import Table

from gateway.cli.options import load_config, opened_store
from gateway.config.schema import Config
from gateway.errors import CannotStart
from gateway.mail.sink import MailSink
from gateway.model.job import Job
from gateway.model.lifecycle import TERMINAL

CALLED = "+493055501"  # our number, for the fax that comes in
MAILBOX = "reception@hospital.example"
_BUSY = "+493055504"
_GATEWAY_READY = 60.0  # seconds
_LONGEST = 420.0  # seconds for all calls
_REFRESH = 0.25  # seconds between two pictures on the screen


@dataclass(frozen=True, slots=True)
class Letter:
    """One sample mail, its envelope, and what should become of it."""

    file: str
    recipient: str
    expected: str  #: "delivered", "failed" or "refused"
    reason: str = ""  #: what the failure mail or the SMTP reply must contain


LETTERS = (
    Letter("01-letter-text.eml", "+493055501001@fax.example.com", "delivered"),
    Letter("02-html-with-image.eml", "+493055501002@fax.example.com", "delivered"),
    Letter("03-pdf-and-docx.eml", "+493055501003@fax.example.com", "delivered"),
    Letter("04-busy-number.eml", f"{_BUSY}@fax.example.com", "failed", "busy"),
    Letter("05-wrong-address.eml", "dr.whitcombe@fax.example.com", "refused", "5.1.3"),
)

_CONFIG = """\
[node]
data_dir = "{folder}/gateway"

[smtp]
listen = "127.0.0.1:{smtp}"
domains = ["fax.example.com"]
relay_networks = ["127.0.0.0/8"]

[sending]
station_id = "{called}"
attempts = 2
busy_delay = "3s"

[sip]
listen = "127.0.0.1:{sip}"
media_ports = [40000, 44999]

[trunk.demo]
proxy = "sip:127.0.0.1:{machine}"
channels = 4

[receiving]
station_id = "{called}"
operators = "operators@hospital.example"

[did]
"{called}" = ["{mailbox}"]

[mailer]
host = "127.0.0.1"
port = {sink}
sender = "fax@hospital.example"
"""


def _free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Stage:
    """Everything the demo needs, running. Used as `async with`."""

    def __init__(self, folder: Path, samples: Path) -> None:
        self.folder, self.samples = folder, samples
        self.console = Console(width=None if sys.stdout.isatty() else 120)
        self.refused: dict[str, str] = {}  #: recipient -> reply
        self.jobs: list[Job] = []
        self.config: Config
        self.sink: MailSink
        self._smtp, self._sip = _free_port(), _free_port(socket.SOCK_DGRAM)
        self._machine = _free_port(socket.SOCK_DGRAM)
        self._processes: list[asyncio.subprocess.Process] = []
        self._open = contextlib.AsyncExitStack()

    @property
    def smtp_address(self) -> str:
        """Where the gateway takes mails."""
        return f"127.0.0.1:{self._smtp}"

    @property
    def machine_spool(self) -> Path:
        """Where the distant fax machine puts what it received."""
        return self.folder / "fax-machine"

    async def __aenter__(self) -> "Stage":
        """Gateway, fax machine and mail sink are ready."""
        self.sink = await self._open.enter_async_context(MailSink("127.0.0.1:0", self.folder / "mails"))
        file = self.folder / "faxgw.toml"
        file.write_text(
            _CONFIG.format(
                folder=self.folder,
                smtp=self._smtp,
                sip=self._sip,
                machine=self._machine,
                sink=self.sink.port,
                called=CALLED,
                mailbox=MAILBOX,
            )
        )
        self.config = load_config(file, [])
        try:
            with self.console.status("Starting a fax machine and the gateway"):
                await self._start_machine()
                await self._start_gateway(file)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        self.console.print(f"Fax machine  sip:127.0.0.1:{self._machine}   (its own process)")
        self.console.print(f"Gateway      SMTP {self.smtp_address}, SIP 127.0.0.1:{self._sip}\n")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing of it runs any more."""
        for process in self._processes:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
        await self._open.aclose()

    async def _start(self, log: str, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
        with (self.folder / log).open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gateway",
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if not environment else output,
                stderr=output,
                env=os.environ | environment,
            )
        self._processes.append(process)
        return process

    async def _start_machine(self) -> None:
        process = await self._start(
            "fax-machine.log",
            "fax-machine",
            *("--listen", f"127.0.0.1:{self._machine}"),
            *("--spool", str(self.machine_spool), "--id", "Fax machine", "--busy", _BUSY),
        )
        assert process.stdout
        line = await process.stdout.readline()
        if b"listening" not in line:
            raise CannotStart(f"The fax machine did not start; see {self.folder}/fax-machine.log.")
        self._open.callback(asyncio.ensure_future(_keep(process.stdout, self.folder / "calls.jsonl")).cancel)

    async def _start_gateway(self, file: Path) -> None:
        address = str(self.folder / "ready.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.setblocking(False)
            ready.bind(address)
            process = await self._start("gateway.log", "serve", "-c", str(file), NOTIFY_SOCKET=address)
            hearing = asyncio.ensure_future(asyncio.get_running_loop().sock_recv(ready, 64))
            ending = asyncio.ensure_future(process.wait())
            await asyncio.wait({hearing, ending}, timeout=_GATEWAY_READY, return_when=asyncio.FIRST_COMPLETED)
            ready_now = hearing.done()
            hearing.cancel()
            ending.cancel()
        if not ready_now:
            raise CannotStart(f"The gateway did not start; see {self.folder}/gateway.log.")

    # ---- the play

    async def play(self) -> None:
        """Every mail is sent, every call is over, and every answer lies in the sink, or time is up."""
        for letter in LETTERS:
            await self._mail(letter)
        incoming = await self._fax_to_us()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST), opened_store(self.config) as store:
                with Live(console=self.console, refresh_per_second=4) as screen:
                    while not (await self._is_over() and incoming.returncode is not None):
                        self.jobs = await store.jobs.list()
                        screen.update(self._picture(incoming.returncode))
                        await asyncio.sleep(_REFRESH)
                    self.jobs = await store.jobs.list()
                    screen.update(self._picture(incoming.returncode))
        if incoming.returncode is None:
            incoming.kill()

    async def _mail(self, letter: Letter) -> None:
        content = (self.samples / "mails" / letter.file).read_bytes()
        sender = parseaddr(email.message_from_bytes(content)["From"])[1]
        try:
            await aiosmtplib.send(
                content, sender=sender, recipients=[letter.recipient], hostname="127.0.0.1", port=self._smtp
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            self.refused[letter.recipient] = "; ".join(
                f"{refusal.code} {refusal.message}" for refusal in error.recipients
            )

    async def _fax_to_us(self) -> asyncio.subprocess.Process:
        document = self.samples / "documents" / "fax.tif"
        with (self.folder / "fax-machine-sends.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway", "fax-machine", "--ports", "45000-45999"),
                *("--listen", f"127.0.0.1:{_free_port(socket.SOCK_DGRAM)}", "--id", "+49 89 222"),
                *("--dial", f"sip:{CALLED}@127.0.0.1:{self._sip}", str(document)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return process

    async def _is_over(self) -> bool:
        finished = [job for job in self.jobs if job.state in TERMINAL]
        answers = len(finished) + 1  # and one for the fax that came in
        return bool(self.jobs) and len(finished) == len(self.jobs) and len(self.sink.mails()) >= answers

    def _picture(self, incoming: int | None) -> Table:
        table = Table(box=None, pad_edge=False)
        for heading in ("mail", "number", "now", "pages", "calls"):
            table.add_column(heading)
        by_address = {job.address: job for job in self.jobs}
        for letter in LETTERS:
            job = by_address.get(letter.recipient)
            if job:
                pages = f"{job.pages_confirmed} of {job.page_count}" if job.page_count else ""
                table.add_row(letter.file, str(job.number), job.state, pages, str(job.attempts))
            else:
                table.add_row(letter.file, "", "refused" if letter.recipient in self.refused else "", "", "")
        state = "sending" if incoming is None else "sent"
        table.add_row("a fax from outside", CALLED, state, "", "")
        return table


async def _keep(stream: asyncio.StreamReader, file: Path) -> None:
    with file.open("wb") as out:
        while line := await stream.readline():
            out.write(line)
            out.flush()


def received_by_machine(spool: Path) -> dict[str, Path]:
    """The TIFF file that the fax machine received for each called number."""
    facts = {file: json.loads(file.read_text()) for file in sorted(spool.glob("*.json"))}
    return {fact["called"]: file.with_suffix(".tif") for file, fact in facts.items() if fact["pages"]}
