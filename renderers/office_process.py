"""The driver of LibreOffice as the foreman's child: started early, or at the first document, and again.

The foreman holds the listening socket, so a worker can connect at any time: while no driver runs, its
connection waits in the socket's queue and the foreman starts one.
"""

from __future__ import annotations

import contextlib
import os
import selectors
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


def remove_sockets(folder: Path) -> None:
    """Removes the socket files which the pool's LibreOffice left in /tmp when it was killed."""
    with contextlib.suppress(OSError):
        for socket_file in (folder / "office" / "sockets").read_text().splitlines():
            Path(socket_file).unlink(missing_ok=True)


def _sockets_below(pid: int) -> list[Path]:
    """The socket files which children of this process, as LibreOffice, have made (proc(5))."""
    inodes = set()
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            inodes |= {str(file.readlink()) for file in Path(f"/proc/{child}/fd").iterdir()}
    lines = (line.split() for line in Path("/proc/net/unix").read_text().splitlines() if "OSL_PIPE" in line)
    return [Path(line[7]) for line in lines if f"socket:[{line[6]}]" in inodes]


class OfficeProcess:
    """At most one driver, with one LibreOffice below it."""

    def __init__(self, folder: Path, limits: sandbox.Limits, *, wanted: bool) -> None:
        self._folder = folder / "office"
        self._limits = limits
        self._listener: socket.socket | None = None
        self._driver: subprocess.Popen[bytes] | None = None
        self._pidfd = -1
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

    def start(self) -> None:
        """Starts the driver unless it runs; it takes a second or two until the first document is taken."""
        if self._listener is None or self._driver is not None:
            return
        parent = os.getpid()
        fd = self._listener.fileno()
        self._driver = subprocess.Popen(
            [
                str(_PYTHON),
                "-I",
                str(_DRIVER),
                str(fd),
                str(self._folder),
                str(self._limits.office_documents),
            ],
            pass_fds=[fd],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: self._become_driver(parent),  # noqa: PLW1509  this process has one thread
        )

    def _become_driver(self, parent: int) -> None:
        sandbox.die_with(parent)
        sandbox.confine_office(self._limits, self._folder.parent)

    def stop(self) -> None:
        """Returns when neither the driver nor LibreOffice runs."""
        if self._driver is not None:
            sockets = _sockets_below(self._driver.pid)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._driver.pid, signal.SIGKILL)
            group = self._driver.pid
            self._driver.wait()
            self._driver = None
            with contextlib.suppress(ChildProcessError):
                while True:
                    os.waitpid(-group, 0)  # LibreOffice, inherited when the driver ended
            for socket_file in sockets:
                socket_file.unlink(missing_ok=True)
            remove_sockets(self._folder.parent)

    def reap(self) -> None:
        """Takes in what LibreOffice started and left behind, as its inquiries after signatures (gpg)."""
        with contextlib.suppress(ChildProcessError):
            while self._driver is not None and os.waitpid(-self._driver.pid, os.WNOHANG)[0]:
                pass

    def watch(self, selector: selectors.BaseSelector) -> None:
        """Has the selector report the driver's end, or, while there is none, the first document for it."""
        if self._listener is None or selector.get_map().get(self._listener) or self._pidfd >= 0:
            return
        if self._driver is None:
            selector.register(self._listener, selectors.EVENT_READ)
        else:
            self._pidfd = os.pidfd_open(self._driver.pid)
            selector.register(self._pidfd, selectors.EVENT_READ)

    def attend(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        """Does what the selector's report asks for: start the driver, or see to its end."""
        selector.unregister(key.fileobj)
        if key.fileobj is self._listener:
            self.start()
        else:
            os.close(self._pidfd)
            self._pidfd = -1
            self.stop()
