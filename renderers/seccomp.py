"""System calls that a process may not make, enforced by the kernel: seccomp, through libseccomp.

Everything that reads documents keeps sockets of the file system only, and none of the calls that reach into
the kernel or into other processes; a worker that renders starts no program besides. It is inherited, cannot
be undone, needs no rights, and holds where there are neither Landlock nor network namespaces.

As a program, `seccomp.py PROGRAM ARGUMENT...` becomes PROGRAM, which then starts no other process.

Spec: seccomp(2), seccomp_rule_add(3), seccomp_export_bpf(3).
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
from functools import lru_cache
from typing import Any

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NOT_EQUAL, _MASKED_EQUAL = 1, 7
_CLONE_THREAD = 0x10000
_PR_SET_SECCOMP, _MODE_FILTER, _PR_SET_NO_NEW_PRIVS = 22, 2, 38
_INSTRUCTION = 8  # bytes of a struct sock_filter
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


class _Filter(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


#: A system call, the error it ends with, and the arguments it does so for (fields of `_Comparison`).
_Rule = tuple[str, int, tuple[tuple[int, int, int, int], ...]]
_ALONE: tuple[_Rule, ...] = (
    ("clone", errno.EPERM, ((0, _MASKED_EQUAL, _CLONE_THREAD, 0),)),
    ("clone3", errno.ENOSYS, ()),  # no filter sees its flags; libc falls back to clone
    ("fork", errno.EPERM, ()),
    ("vfork", errno.EPERM, ()),
)
_NO_PROGRAMS: tuple[_Rule, ...] = (*_ALONE, ("execve", errno.EPERM, ()), ("execveat", errno.EPERM, ()))


def forbid_network() -> bool:
    """No socket but of the file system, no way into the kernel; False where that is not possible."""
    unix_only = (0, _NOT_EQUAL, socket.AF_UNIX, 0)
    return _load((("socket", errno.EACCES, (unix_only,)), *((name, errno.EPERM, ()) for name in _KERNEL)))


def forbid_processes() -> bool:
    """No other process, threads only; False where that is not possible."""
    return _load(_ALONE)


def forbid_programs() -> bool:
    """No other process and no program, threads only; False where that is not possible."""
    return _load(_NO_PROGRAMS)


def prepare() -> bytes:
    """What workers need, compiled, which each of them only hands to the kernel; empty without libseccomp."""
    return _program(_NO_PROGRAMS)


def _load(rules: tuple[_Rule, ...]) -> bool:
    program = _program(rules)
    if not program:
        return False
    instructions = ctypes.create_string_buffer(program, len(program))
    filters = _Filter(len(program) // _INSTRUCTION, ctypes.addressof(instructions))
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filters), 0, 0) == 0)


@lru_cache
def _program(rules: tuple[_Rule, ...]) -> bytes:
    """The rules as instructions for the kernel (BPF); empty without libseccomp."""
    lib = _libseccomp()
    if lib is None:
        return b""
    filters = ctypes.c_void_p(lib.seccomp_init(_ALLOW))
    try:
        for name, error, comparisons in rules:
            number = lib.seccomp_syscall_resolve_name(name.encode())
            array = (_Comparison * len(comparisons))(*(_Comparison(*one) for one in comparisons))
            # A call that this architecture does not have needs no rule; libseccomp says so with an error.
            lib.seccomp_rule_add_array(filters, _ERRNO | error, number, len(comparisons), array)
        with os.fdopen(os.memfd_create("seccomp"), "r+b") as file:
            exported = lib.seccomp_export_bpf(filters, file.fileno()) == 0
            file.seek(0)
            return file.read() if exported else b""
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
    lib.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    lib.seccomp_release.argtypes = [ctypes.c_void_p]
    lib.seccomp_release.restype = None
    return lib


if __name__ == "__main__":
    forbid_processes()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - that is what it is for
