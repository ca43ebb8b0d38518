"""The roles of one machine as processes: started, watched, started again, and stopped together.

A role may die at any moment without harm (docs/operating.md), so whatever kills one, it is started again,
each time after a longer pause. Only a role that cannot even start the first time, because of the
configuration or of something that is missing, stops the whole gateway: somebody is looking just then.

The intake opens its doors when the role work is ready for what comes in, so that the first mail does not
wait for LibreOffice to start; or after a while, for a mail that is taken is better than one that is not.

No role outlives the supervisor: the kernel kills it (prctl(2), PR_SET_PDEATHSIG).
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from math import inf
from time import monotonic

from gateway.daemon import DOORS_VARIABLE, GRACE, PARENT_VARIABLE, READY_VARIABLE, ROLES
from gateway.exit_code import HOPELESS, ExitCode

_log = logging.getLogger("faxgw.supervisor")

_PAUSES = (0.1, 0.5, 2.0, 5.0, 15.0, 30.0)  # seconds before a role is started again; the last one for ever
_STEADY = timedelta(seconds=5)  # a role that did its work for so long starts again without a pause
_DOORS_WITHIN = 45.0  # seconds; mails come in then, whatever the role work does
_STOP_WITHIN = GRACE + timedelta(seconds=15)


class _Doors:
    """What the intake waits for: the end of a pipe, which is there for all who ask, now and later."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()

    async def open(self, children: Sequence["_Role"]) -> None:
        """They are open when the role work, if it is here, is ready or late."""
        try:
            async with asyncio.timeout(_DOORS_WITHIN):
                for child in children:
                    if child.name == "work":
                        await child.ready.wait()
        except TimeoutError:
            _log.warning("work is not ready yet; mails are taken and wait for it")
        finally:
            os.close(self._writer)

    def close(self) -> None:
        """Nobody will ask any more."""
        os.close(self.reader)


class _Role:
    """One role: its process now, and how often it fell."""

    def __init__(self, name: str, command: Sequence[str], doors: _Doors) -> None:
        self.name = name
        self._doors = doors
        self.ready = asyncio.Event()
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._falls = 0
        self._ready_at = inf  # monotonic seconds, in this run of the process

    async def run(self, stopping: asyncio.Event) -> ExitCode:
        """Runs the role until the gateway stops, or until it is clear that it never will."""
        while not stopping.is_set():
            code = await self._run_once(stopping)
            if stopping.is_set():
                break
            if code in HOPELESS and not self.ready.is_set():
                return ExitCode(code)
            if monotonic() - self._ready_at > _STEADY.total_seconds():
                self._falls = 0
            pause = _PAUSES[min(self._falls, len(_PAUSES) - 1)]
            self._falls += 1
            _log.error("%s ended (%s) and is started again in %g s", self.name, _end(code), pause)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stopping.wait()
        return ExitCode.OK

    def send(self, signum: signal.Signals) -> None:
        """The process gets the signal, if there is one."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signum)

    async def _run_once(self, stopping: asyncio.Event) -> int:
        self._ready_at = inf
        reader, writer = os.pipe()
        try:
            environment = os.environ | {
                PARENT_VARIABLE: str(os.getpid()),
                READY_VARIABLE: str(writer),
                DOORS_VARIABLE: str(self._doors.reader),
            }
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=environment,
                pass_fds=(writer, self._doors.reader),
                stdin=asyncio.subprocess.DEVNULL,
                process_group=0,
            )
        finally:
            os.close(writer)
        _log.info("%s started, process %d", self.name, self._process.pid)
        if stopping.is_set():
            self.send(signal.SIGKILL)
        asyncio.get_running_loop().add_reader(reader, self._hear_ready, reader)
        try:
            return await self._process.wait()
        finally:
            asyncio.get_running_loop().remove_reader(reader)
            os.close(reader)

    def _hear_ready(self, reader: int) -> None:
        if os.read(reader, 64):
            _log.info("%s is ready", self.name)
            self.ready.set()
            self._ready_at = monotonic()
        else:
            asyncio.get_running_loop().remove_reader(reader)


def role_commands(
    roles: Sequence[str], arguments: Sequence[str], *, intakes: int = 1
) -> dict[str, list[str]]:
    """What starts each process; `arguments` are the configuration file and its overrides.

    Several intakes share their port; they are called intake, intake-2, intake-3...
    """
    command = [sys.executable, "-m", "gateway", "role"]
    started = {name: [*command, name, *arguments] for name in ROLES if name in roles}
    if "intake" in started:
        started |= {f"intake-{number}": started["intake"] for number in range(2, intakes + 1)}
    return started


async def supervise(commands: Mapping[str, Sequence[str]]) -> ExitCode:
    """Runs these roles until SIGTERM or SIGINT, and returns when all of them have ended."""
    stopping = asyncio.Event()
    doors = _Doors()
    children = [_Role(name, command, doors) for name, command in commands.items()]
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, _stop, stopping, children)
    async with asyncio.TaskGroup() as group:
        runs = {group.create_task(child.run(stopping)): child for child in children}
        heralding = group.create_task(_herald(children))
        opening = group.create_task(doors.open(children))
        watching = group.create_task(stopping.wait())
        done, _ = await asyncio.wait([*runs, watching], return_when=asyncio.FIRST_COMPLETED)
        hopeless = [task.result() for task in runs if task in done]
        if not stopping.is_set():
            _stop(stopping, children)
        notify_systemd("STOPPING=1")
        await _end_all(list(runs), children)
        heralding.cancel()
        opening.cancel()
    doors.close()
    return next((code for code in hopeless if code is not ExitCode.OK), ExitCode.OK)


def _stop(stopping: asyncio.Event, children: Sequence[_Role]) -> None:
    """Every role finishes what it has begun; one that has begun nothing, or is asked twice, ends at once."""
    at_once = stopping.is_set()
    stopping.set()
    for child in children:
        child.send(signal.SIGKILL if at_once or not child.ready.is_set() else signal.SIGTERM)


async def _end_all(runs: Sequence[asyncio.Task[ExitCode]], children: Sequence[_Role]) -> None:
    _, late = await asyncio.wait(runs, timeout=_STOP_WITHIN.total_seconds())
    if late:
        _log.error("%d roles did not end in time and are killed", len(late))
        for child in children:
            child.send(signal.SIGKILL)
        await asyncio.wait(late)


async def _herald(children: Sequence[_Role]) -> None:
    for child in children:
        await child.ready.wait()
    _log.info("ready: %s", ", ".join(child.name for child in children))
    notify_systemd("READY=1")


def notify_systemd(message: str) -> None:
    """The service manager knows (sd_notify(3)), when it started us with Type=notify."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock, suppress(OSError):
        sock.connect("\0" + address[1:] if address.startswith("@") else address)
        sock.sendall(message.encode())


def _end(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
