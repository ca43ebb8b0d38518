"""Limits for processes that read strangers' files: time, memory, files, network, and their parent's life."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from renderers import landlock, seccomp

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38


@dataclass(frozen=True)
class Limits:
    """What the rendering of one fax may use."""

    wall_seconds: float = 120.0  #: without what it waits for LibreOffice, which has other documents
    cpu_seconds: int = 90
    memory_bytes: int = 2 << 30  #: address space of the worker, LibreOffice not counted
    file_bytes: int = 256 << 20  #: the largest file it may write
    office_seconds: float = 60.0  #: how long one document may keep LibreOffice busy
    office_wait_seconds: float = 600.0  #: how long one fax may wait for its turns there
    office_memory_bytes: int = 3 << 30  #: address space of LibreOffice; it has 0.7 GiB when it is idle
    office_documents: int = 100  #: LibreOffice is started anew after so many, because it grows


def leave_the_network() -> bool:
    """Moves this process into a network of its own, which has nothing in it; False where that is not allowed.

    The caller must have one thread only. Children inherit the empty network; sockets in the file system
    go on working.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    for file, line in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with contextlib.suppress(OSError):
            Path("/proc/self", file).write_text(line)
    return True


def inherit_orphans() -> None:
    """Makes this process the parent of descendants whose own parents ended, so that it can wait for them."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int) -> None:
    """The kernel kills this process when its parent ends (prctl(2) PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def confine_office(limits: Limits, folder: Path) -> None:
    """In the child that becomes LibreOffice's driver: files of `folder` and the system only, less memory."""
    landlock.restrict([Path(__file__).parent, *landlock.ACCOUNTS], [folder], sockets=landlock.SOCKETS)
    for name, most in (
        (resource.RLIMIT_AS, limits.office_memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _limit(name, most)


def confine(
    limits: Limits,
    folder: Path,
    *,
    readable: Sequence[Path] = (),
    writable: Sequence[Path] = (),
    programs: bool = False,
) -> None:
    """Makes this process the head of a group of its own, working in `folder`, within the limits for good.

    Where the kernel has Landlock it sees the folder, the files named here and the system's programs only. It
    starts no other process, unless `programs`.
    """
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.chdir(folder)
    resource.setrlimit(
        resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5)
    )  # SIGXCPU, then SIGKILL
    for name, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        _limit(name, most)
    _quieten(folder)
    landlock.restrict(readable, [folder, *writable])
    if not programs:
        seccomp.forbid_programs()


def _limit(name: int, most: int) -> None:
    hard = resource.getrlimit(name)[1]
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(name, (allowed, allowed))


def _quieten(folder: Path) -> None:
    """Input from nowhere, output to nowhere, complaints into `folder`/stderr."""
    nothing = os.open(os.devnull, os.O_RDWR)
    complaints = os.open(folder / "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(complaints, 2)
