"""Where a message is while it comes in: in memory when small, in a file when not.

Each process has a folder of its own under `incoming/`, with a lock it holds until it ends. A folder whose
lock is free belonged to a process that died in mid DATA: its client never got a 250, so it is removed.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from gateway.file_lock import only_one

SMALL = 256 * 1024  # bytes; what a connection may hold in memory


class Spool:
    """One message as it comes in. Ends in `take` or `discard`."""

    def __init__(self, folder: Path, small: int = SMALL) -> None:
        self._folder = folder
        self._small = small
        self._blocks: list[bytes] = []
        self._file: int | None = None
        self._path: Path | None = None
        self.size = 0  #: bytes written

    def write(self, block: bytes) -> None:
        """The message has this block behind the others.

        Raises:
            OSError: the disk is full or broken; the caller discards.
        """
        self.size += len(block)
        if self._file is None and self.size <= self._small:
            self._blocks.append(block)
            return
        if self._file is None:
            self._file, name = tempfile.mkstemp(dir=self._folder, suffix=".eml")
            self._path = Path(name)
            _write_all(self._file, b"".join(self._blocks))
            self._blocks.clear()
        _write_all(self._file, block)

    def take(self) -> bytes | Path:
        """The message; a file is the caller's from now on, if it moves it before `discard`."""
        self._close()
        return self._path if self._path is not None else b"".join(self._blocks)

    def discard(self) -> None:
        """Nothing is left of it, unless it was taken and moved."""
        self._close()
        self._blocks.clear()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class IncomingFolder:
    """This process's folder for messages that come in. Used as `with`."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / "incoming"
        self.path = self._root
        self._lock: int | None = None

    def __enter__(self) -> "IncomingFolder":
        """What dead processes left is gone, and the folder is ours."""
        self._root.mkdir(parents=True, exist_ok=True)
        with only_one(self._root / "lock"):
            for folder in self._root.iterdir():
                if folder.is_dir() and _is_abandoned(folder):
                    shutil.rmtree(folder)
            self.path = Path(tempfile.mkdtemp(dir=self._root))
            self._lock = os.open(self.path / "lock", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def __exit__(self, *exc_info: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)


def _is_abandoned(folder: Path) -> bool:
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(lock)


def _write_all(file: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(file, view) :]
