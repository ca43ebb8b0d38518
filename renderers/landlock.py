"""Files that a process may see, enforced by the kernel: Landlock, where there is one (Linux 5.13 and later).

A worker reads programs, fonts and the documents of its job, and writes in its private folder; the rest of the
file system does not exist for it, whatever a document makes it do. From Linux 6.7 on TCP is refused as well,
from 6.12 on also abstract sockets and signals to other processes. Nobody needs to be root for this, and it
cannot be undone.

Spec: landlock(7), landlock_create_ruleset(2), linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_SOCKET = 1 << 5, 1 << 9
_REFER, _TRUNCATE, _DEVICES = 1 << 13, 1 << 14, 1 << 15
#: Rights that the kernel knows, by the version of its interface.
_KNOWN = {1: _REFER - 1, 2: _TRUNCATE - 1, 3: _DEVICES - 1, 5: (_DEVICES << 1) - 1}
_TCP = 0b11  # bind, connect
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICES
#: What programs need to run at all. Of /etc only what libraries look at: no accounts, no keys, no settings.
SYSTEM = (
    *(Path("/usr"), Path("/lib"), Path("/lib64"), Path("/bin"), Path("/opt"), Path("/proc")),
    *(
        Path("/sys/devices/system/cpu"),
        Path("/dev/urandom"),
        Path("/dev/random"),
        Path("/var/cache/fontconfig"),
    ),
    *(Path("/var/lib/libreoffice"), Path("/var/spool/libreoffice")),
    *(Path("/etc", name) for name in ("fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime")),
    *(
        Path("/etc", name)
        for name in ("libreoffice", "mime.types", "papersize", "paperspecs", "ssl/openssl.cnf")
    ),
)
#: LibreOffice does not start without knowing whose home it is in.
ACCOUNTS = (Path("/etc/passwd"), Path("/etc/nsswitch.conf"), Path("/etc/locale.alias"))
#: Where LibreOffice insists on its sockets.
SOCKETS = (Path("/tmp"),)  # noqa: S108  only the right to make and remove sockets there


def version() -> int:
    """The version of the kernel's interface; 0 where there is none, or it is switched off."""
    return max(0, int(_libc().syscall(_CREATE, None, 0, _VERSION)))


@lru_cache
def system_places() -> tuple[tuple[int, bool], ...]:
    """SYSTEM and Python's own folders as open places, each with whether it is a folder.

    A process that forks workers calls it once, so that none of them has to open them again.
    """
    return tuple(filter(None, map(_place, system_paths())))


def system_paths() -> tuple[Path, ...]:
    """SYSTEM and Python's own folders."""
    return tuple(dict.fromkeys((*SYSTEM, *map(Path, filter(None, sys.path)), Path(sys.prefix))))


def restrict(
    readable: Iterable[Path], writable: Iterable[Path], *, sockets: Iterable[Path] = (), signals: bool = False
) -> bool:
    """This process and its children see nothing but these files and SYSTEM; False where that is not possible.

    What is not there is left out. With `signals` they may signal processes outside.
    """
    known = version()
    if known == 0:
        return False
    rights = _KNOWN[max(number for number in _KNOWN if number <= known)]
    scoped = 0 if signals else _ABSTRACT_SOCKETS_AND_SIGNALS
    with _ruleset(known, rights, scoped) as ruleset:
        for place, is_folder in system_places():
            _allow_place(ruleset, place, _READ & rights, is_folder)
        for path in readable:
            _allow(ruleset, path, _READ & rights)
        for path in (Path("/dev/null"), *writable):
            _allow(ruleset, path, rights & ~_EXECUTE)
        for path in sockets:
            _allow(ruleset, path, _MAKE_SOCKET | _REMOVE_FILE)
        _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return int(_libc().syscall(_RESTRICT_SELF, ruleset, 0)) == 0


@contextmanager
def _ruleset(known: int, rights: int, scoped: int) -> Iterator[int]:
    attributes = struct.pack("=Q", rights)
    if known >= 4:
        attributes += struct.pack("=Q", _TCP)
    if known >= 6:
        attributes += struct.pack("=Q", scoped)
    ruleset = int(_libc().syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0))
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    try:
        yield ruleset
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Adds the rights on a file, or on a folder and everything below it."""
    found = _place(path)
    if found is not None:
        _allow_place(ruleset, found[0], rights, found[1])
        os.close(found[0])


def _place(path: Path) -> tuple[int, bool] | None:
    with suppress(OSError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        return place, stat.S_ISDIR(os.fstat(place).st_mode)
    return None


def _allow_place(ruleset: int, place: int, rights: int, is_folder: bool) -> None:
    rule = struct.pack("=Qi", rights if is_folder else rights & _OF_FILES, place)
    _libc().syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)


@lru_cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
