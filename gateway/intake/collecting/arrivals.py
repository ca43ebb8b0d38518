"""Which files of a folder are complete.

The kernel says when a file was closed by its writer, or renamed into the folder (inotify). Of files that were
there before, or that another machine writes to a share, it says nothing: they are complete when their size
and time have not changed for a while.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from unicodedata import normalize

if TYPE_CHECKING:
    from asyncinotify import Mask

_NOT_FOR_US = (".ok", ".err", ".tmp", ".part", "~")


def is_for_us(name: str) -> bool:
    """Whether a file of this name may be taken at all."""
    return not name.startswith(".") and not name.endswith(_NOT_FOR_US)


def alike(name: str) -> str:
    """The same for names that Windows or macOS takes for one."""
    return normalize("NFC", name).casefold()


def named(wanted: str, names: Collection[str]) -> str:
    """Which of these names is meant: this one, else the only one that is alike; "" when none is."""
    if wanted in names:
        return wanted
    found = [name for name in names if alike(name) == alike(wanted)]
    return found[0] if len(found) == 1 else ""


@dataclass(slots=True)
class _Seen:
    """How a file looked, and since when (monotonic seconds)."""

    size: int
    modified: int
    since: float


class Arrivals:
    """What is known of the files of one folder."""

    def __init__(self, folder: Path, settle: timedelta) -> None:
        self._folder = folder
        self._settle = settle.total_seconds()
        self._closed: set[str] = set()  # the kernel says: complete
        self._seen: dict[str, _Seen] = {}
        self.writing: set[str] = set()  #: the kernel says: somebody has it open
        self.unsettled = False  #: a file will be complete soon, and nobody will tell

    def hear(self, name: str, mask: "Mask") -> bool:
        """Whether this event of the kernel means that there may be something to take."""
        from asyncinotify import Mask

        self._closed.discard(name)
        self.writing.discard(name)
        if mask & Mask.CREATE:
            # A hard link is created closed: it is complete when it has settled.
            if self._links(name) == 1:
                self.writing.add(name)
            else:
                self.unsettled = True
        elif mask & (Mask.CLOSE_WRITE | Mask.MOVED_TO):
            self._closed.add(name)
            return is_for_us(name)
        return bool(mask & Mask.Q_OVERFLOW)

    def complete(self, names: Iterable[str]) -> set[str]:
        """Those of the files in the folder that are complete.

        Raises:
            OSError: the folder cannot be read.
        """
        here = set(names)
        self.unsettled = False
        self._closed &= here
        self.writing &= here
        self._seen = {name: seen for name, seen in self._seen.items() if name in here}
        return {name for name in sorted(here) if self._is_complete(name)}

    def _is_complete(self, name: str) -> bool:
        if name in self._closed:
            return True
        if name in self.writing:
            return False
        try:
            found, now = (self._folder / name).lstat(), monotonic()
        except FileNotFoundError:
            return False  # another gateway was faster
        seen = self._seen.get(name)
        if seen is None or (seen.size, seen.modified) != (found.st_size, found.st_mtime_ns):
            seen = self._seen[name] = _Seen(found.st_size, found.st_mtime_ns, now)
        if now - seen.since >= self._settle:
            return True
        self.unsettled = True
        return False

    def _links(self, name: str) -> int:
        try:
            return (self._folder / name).lstat().st_nlink
        except OSError:
            return 1
