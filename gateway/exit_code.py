"""The exit codes of every command, and how an error becomes one. docs/commands.md lists them."""

from enum import IntEnum

from gateway.errors import CannotStart, ConfigError, GatewayError, TemporaryError


class ExitCode(IntEnum):
    """How a command ended. From 64 on they are those of sysexits.h."""

    OK = 0
    FAILED = 1  #: what was asked for did not work; one line on stderr says why
    USAGE = 2  #: the command line is wrong
    UNAVAILABLE = 69  #: something the gateway needs is missing or taken: a library, a port
    TEMPORARY = 75  #: not now; the same may work later
    CONFIG = 78  #: the configuration has mistakes


#: What a role cannot get over by being started again.
HOPELESS = frozenset({ExitCode.USAGE, ExitCode.UNAVAILABLE, ExitCode.CONFIG})


def exit_code(error: GatewayError) -> ExitCode:
    """The exit code of a command that raised `error`."""
    match error:
        case ConfigError():
            return ExitCode.CONFIG
        case CannotStart():
            return ExitCode.UNAVAILABLE
        case TemporaryError():
            return ExitCode.TEMPORARY
        case _:
            return ExitCode.FAILED
