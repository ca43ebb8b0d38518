"""A role as a process: its signals, its readiness, its end."""

import asyncio
import ctypes
import errno
import logging
import os
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from importlib import import_module

from gateway.config.schema import Config
from gateway.errors import CannotStart, ConfigError
from telephony.errors import AddressInUse, NativeCoreMissing

_log = logging.getLogger("faxgw.daemon")

#: Every role, in the order in which they are started.
ROLES = ("work", "line", "intake")
_LATER = {"console": "The console is not part of this version; leave it out of --roles."}

#: How long a role may finish what it has begun: calls above all.
GRACE = timedelta(seconds=60)

PARENT_VARIABLE = "FAXGW_SUPERVISOR"  #: the process id of the supervisor
READY_VARIABLE = "FAXGW_READY_FD"  #: the file descriptor on which a role says that it is ready
DOORS_VARIABLE = "FAXGW_DOORS_FD"  #: the one whose end tells the intake to open its doors

_INTAKES = 4  # one takes some 1000 mails a second; beyond four the database is what there is to wait for
_PR_SET_PDEATHSIG = 1  # prctl(2)


def check_role(role: str) -> None:
    """The role exists.

    Raises:
        ConfigError: it does not, or not yet.
    """
    if role not in ROLES:
        raise ConfigError(_LATER.get(role, f'There is no role "{role}". Known are {", ".join(ROLES)}.'))


def intake_processes(config: Config) -> int:
    """How many processes of this machine take mails, and share their port."""
    if config.smtp.processes:
        return config.smtp.processes
    return 1 if config.queue.is_local else min(len(os.sched_getaffinity(0)), _INTAKES)


async def run_role(role: str, config: Config) -> None:
    """The role runs until SIGTERM or SIGINT, and finishes what it has begun.

    Raises:
        ConfigError: the configuration does not allow this role to start.
        CannotStart: something it needs is missing or taken.
        StoreUnavailable: the database cannot be reached just now.
    """
    check_role(role)
    _die_with_the_supervisor()
    _may_open_all_files_allowed()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopping.set)
    compose = import_module(f"gateway.daemon.{role}").run
    try:
        await compose(config, stopping, _say_ready)
    except (NativeCoreMissing, AddressInUse) as error:
        raise CannotStart(str(error)) from error
    except OSError as error:
        if error.errno in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}:
            raise CannotStart(f"{role}: {error.strerror or error}. {_remedy(error)}") from error
        raise


Ready = Callable[[], None]


def _say_ready() -> None:
    """The supervisor, if there is one, knows that this role does its work now."""
    descriptor = os.environ.pop(READY_VARIABLE, "")
    if descriptor:
        os.write(int(descriptor), b"READY\n")
        os.close(int(descriptor))


async def doors_may_open() -> None:
    """Returns when mails may come in: the role work is ready for them, or late, or nobody supervises us."""
    descriptor = os.environ.pop(DOORS_VARIABLE, "")
    if not descriptor:
        return
    loop, opened = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(int(descriptor), opened.set)
    try:
        await opened.wait()
    finally:
        loop.remove_reader(int(descriptor))
        os.close(int(descriptor))


def _die_with_the_supervisor() -> None:
    parent = os.environ.get(PARENT_VARIABLE, "")
    if not parent:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):  # it died before we asked
        with suppress(OSError):
            os.kill(os.getpid(), signal.SIGKILL)


def _may_open_all_files_allowed() -> None:
    """The soft limit is the hard one: 1024 files are few for hundreds of connections or calls."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def check_open_files(wanted: int, what: str) -> None:
    """So many files can be open at once.

    Raises:
        CannotStart: this process may not open as many; the message names `what` wants them.
    """
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and wanted > allowed:
        raise CannotStart(
            f"{what} may need {wanted} open files, and this process may open {allowed}. "
            f"Set LimitNOFILE={wanted} (systemd) or ulimit -n {wanted}, or lower the channels."
        )


def _remedy(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "Another program has this address: stop it, or set another address."
    return "This address cannot be used here: set another one."
