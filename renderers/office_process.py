"""The driver of LibreOffice as the foreman's child: started early, or at the first document, and again.

The foreman holds the listening socket, so a worker can connect at any time: while no driver runs, its
connection waits in the socket's queue and the foreman starts one.

A driver says on its standard output when it is warm and when its LibreOffice is old. An old one goes on
until another one is warm, which takes the next document from the same queue; then the old one is told to
leave, by a byte on its standard input.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import selectors
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from renderers import sandbox
from renderers.unix_address import unix_address

_DRIVER = Path(__file__).with_name("office_driver.py")
_PYTHON = Path("/usr/bin/python3")
_NEEDED = (
    _PYTHON,
    Path("/usr/lib/python3/dist-packages/uno.py"),
    Path("/usr/lib/libreoffice/program/soffice.bin"),
)
_QUEUE = 64
_WARM, _OLD = b"w", b"o"


def remove_sockets(folder: Path) -> None:
    """Removes the socket files which the pool's LibreOffices left in /tmp when they were killed."""
    for noted in (folder / "office").glob("*/sockets"):
        _remove_noted(noted)


def _remove_noted(noted: Path) -> None:
    with contextlib.suppress(OSError):
        for socket_file in noted.read_text().splitlines():
            Path(socket_file).unlink(missing_ok=True)


def _sockets_below(pid: int) -> list[Path]:
    """The socket files which children of this process, as LibreOffice, have made (proc(5))."""
    inodes = set()
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            inodes |= {str(file.readlink()) for file in Path(f"/proc/{child}/fd").iterdir()}
    lines = (line.split() for line in Path("/proc/net/unix").read_text().splitlines() if "OSL_PIPE" in line)
    return [Path(line[7]) for line in lines if f"socket:[{line[6]}]" in inodes]


class _Driver:
    """One driver, with one LibreOffice below it and a folder of its own."""

    def __init__(self, listener: socket.socket, folder: Path, limits: sandbox.Limits) -> None:
        folder.mkdir()
        self._folder = folder
        self._limits = limits
        parent = os.getpid()
        fd = listener.fileno()
        self._process = subprocess.Popen(
            [str(_PYTHON), "-I", str(_DRIVER), str(fd), str(folder), str(limits.office_documents)],
            pass_fds=[fd],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            preexec_fn=lambda: self._confine(parent),  # noqa: PLW1509  this process has one thread
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._reports = self._process.stdin, self._process.stdout
        self.pidfd = os.pidfd_open(self._process.pid)
        self.is_warm = False

    @property
    def reports(self) -> int:
        """The file descriptor on which it says how it is; -1 when nothing more will come."""
        return -1 if self._reports.closed else self._reports.fileno()

    def heard(self) -> bytes:
        """What it has said; nothing any more when it is about to end."""
        said = self._reports.read(64)
        if not said:
            self._reports.close()
        return said

    def leave(self) -> None:
        """It finishes the document it has, if it has one, and ends."""
        with contextlib.suppress(OSError):
            self._orders.write(b"leave")

    def reap(self) -> None:
        """Takes in those children of its LibreOffice that have ended."""
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-self._process.pid, os.WNOHANG)[0]:
                pass

    def end(self) -> None:
        """Returns when neither it nor its LibreOffice runs, and nothing is left of them."""
        sockets = _sockets_below(self._process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-self._process.pid, 0)  # LibreOffice, inherited when the driver ended
        for socket_file in sockets:
            socket_file.unlink(missing_ok=True)
        _remove_noted(self._folder / "sockets")
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self.pidfd)
        self._orders.close()
        self._reports.close()

    def _confine(self, parent: int) -> None:
        sandbox.die_with(parent)
        sandbox.confine_office(self._limits, self._folder.parent.parent)


class OfficeProcess:
    """At most one driver, and a second one while they change over."""

    def __init__(self, folder: Path, limits: sandbox.Limits, *, wanted: bool) -> None:
        self._folder = folder / "office"
        self._limits = limits
        self._listener: socket.socket | None = None
        self._drivers: list[_Driver] = []  # the oldest first
        self._numbers = itertools.count(1)
        self.path: Path | None = (
            None  #: where workers connect; None when LibreOffice is not installed or wanted
        )
        if wanted and all(file.exists() for file in _NEEDED):
            self._folder.mkdir()
            self.path = self._folder / "socket"
            self._listener = socket.socket(socket.AF_UNIX)
            with unix_address(self.path) as address:
                self._listener.bind(address)
            self._listener.listen(_QUEUE)

    @property
    def is_warm(self) -> bool:
        """Whether a LibreOffice has everything in memory."""
        return any(driver.is_warm for driver in self._drivers)

    @property
    def is_starting(self) -> bool:
        """Whether a LibreOffice will be warm that is not yet."""
        return not self.is_warm and bool(self._drivers)

    def start(self) -> None:
        """Starts a driver unless one runs; it takes a second or two until it is warm."""
        if not self._drivers:
            self._start_another()

    def stop(self) -> None:
        """Returns when no driver and no LibreOffice runs."""
        while self._drivers:
            self._drivers.pop().end()

    def reap(self) -> None:
        """Takes in what LibreOffice started and left behind, as its inquiries after signatures (gpg)."""
        for driver in self._drivers:
            driver.reap()

    def watch(self, selector: selectors.BaseSelector) -> None:
        """Has the selector report what drivers say and their end; while there is none, the first document."""
        if self._listener is None:
            return
        watched = selector.get_map()
        if not self._drivers and self._listener.fileno() not in watched:
            selector.register(self._listener, selectors.EVENT_READ)
        for driver in self._drivers:
            for fd in (driver.pidfd, driver.reports):
                if fd >= 0 and fd not in watched:
                    selector.register(fd, selectors.EVENT_READ, driver)

    def attend(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        """Does what the selector's report asks for."""
        if key.fileobj is self._listener:
            selector.unregister(key.fileobj)
            self.start()
        elif key.fd == key.data.reports:
            self._hear(selector, key.data)
        elif key.data in self._drivers:
            self._bury(selector, key.data)

    def _start_another(self) -> None:
        if self._listener is not None:
            folder = self._folder / str(next(self._numbers))
            self._drivers.append(_Driver(self._listener, folder, self._limits))

    def _hear(self, selector: selectors.BaseSelector, driver: _Driver) -> None:
        """A driver is warm: those before it leave. It is old: another one is started beside it."""
        fd = driver.reports
        said = driver.heard()
        if not said:
            selector.unregister(fd)
        if _WARM in said:
            driver.is_warm = True
            for older in self._drivers[: self._drivers.index(driver)]:
                older.leave()
        if _OLD in said and driver is self._drivers[-1]:
            self._start_another()

    def _bury(self, selector: selectors.BaseSelector, driver: _Driver) -> None:
        """A driver has ended. One that had been warm is followed by another at once."""
        for fd in (driver.pidfd, driver.reports):
            if fd >= 0:
                selector.unregister(fd)
        self._drivers.remove(driver)
        driver.end()
        if driver.is_warm:
            self.start()
