"""System calls that a process may not make, enforced by the kernel: seccomp, through libseccomp.

Everything that reads documents keeps sockets of the file system only, and none of the calls that reach into
the kernel or into other processes; a worker that renders starts no program besides. It is inherited, cannot
be undone, needs no rights, and holds where there are neither Landlock nor network namespaces.

Spec: seccomp(2), seccomp_rule_add(3).
"""

from __future__ import annotations

import ctypes
import errno
import socket
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NOT_EQUAL, _MASKED_EQUAL = 1, 7
_CLONE_THREAD = 0x10000
#: Ways into the kernel, into other processes, and around the rule on sockets.
_KERNEL = (
    *("io_uring_setup", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"),
    *("mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "move_mount", "fsopen", "open_tree"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon"),
)


class _Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp` of seccomp.h."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


def forbid_network() -> bool:
    """No socket but of the file system, no way into the kernel; False where that is not possible."""
    unix_only = _Comparison(0, _NOT_EQUAL, socket.AF_UNIX, 0)
    return _load((("socket", errno.EACCES, (unix_only,)), *((name, errno.EPERM, ()) for name in _KERNEL)))


def forbid_programs() -> bool:
    """No other process and no program, threads only; False where that is not possible."""
    no_thread = _Comparison(0, _MASKED_EQUAL, _CLONE_THREAD, 0)
    names = ("fork", "vfork", "execve", "execveat")
    return _load(
        (
            ("clone", errno.EPERM, (no_thread,)),
            ("clone3", errno.ENOSYS, ()),  # no filter sees its flags; libc falls back to clone
            *((name, errno.EPERM, ()) for name in names),
        )
    )


def _load(rules: Iterable[tuple[str, int, tuple[_Comparison, ...]]]) -> bool:
    lib = _libseccomp()
    if lib is None:
        return False
    filters = ctypes.c_void_p(lib.seccomp_init(_ALLOW))
    try:
        for name, error, comparisons in rules:
            number = lib.seccomp_syscall_resolve_name(name.encode())
            array = (_Comparison * len(comparisons))(*comparisons)
            # A call that this architecture does not have needs no rule; libseccomp says so with an error.
            lib.seccomp_rule_add_array(filters, _ERRNO | error, number, len(comparisons), array)
        return bool(lib.seccomp_load(filters) == 0)
    finally:
        lib.seccomp_release(filters)


@lru_cache
def _libseccomp() -> Any:
    try:
        lib = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return None
    lib.seccomp_init.restype = ctypes.c_void_p
    lib.seccomp_init.argtypes = [ctypes.c_uint32]
    lib.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    lib.seccomp_rule_add_array.argtypes = [
        *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint),
        ctypes.POINTER(_Comparison),
    ]
    lib.seccomp_load.argtypes = lib.seccomp_release.argtypes = [ctypes.c_void_p]
    lib.seccomp_release.restype = None
    return lib
