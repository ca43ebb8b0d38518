"""What a driver's error means for the gateway."""

import sqlite3

import psycopg
import sqlalchemy as sa

from gateway.errors import GatewayError, InvariantError, StoreUnavailable

DRIVER_ERRORS = (sa.exc.DBAPIError, sqlite3.Error, psycopg.Error)
_UNIQUE = (sa.exc.IntegrityError, sqlite3.IntegrityError, psycopg.IntegrityError)
_OUR_BUGS = (
    *(sa.exc.ProgrammingError, sqlite3.ProgrammingError, psycopg.ProgrammingError),
    *(sa.exc.DataError, sqlite3.DataError, psycopg.DataError),
)


class Conflict(InvariantError):
    """Another row stands in the way of this one."""


def translated(error: Exception) -> Exception:
    """The error as the gateway knows it; what no driver raised stays as it is."""
    if isinstance(error, OSError):
        return _because(StoreUnavailable(f"The queue cannot be written: {error.strerror or error}."), error)
    if not isinstance(error, DRIVER_ERRORS):
        return error
    first_line = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    if isinstance(error, _UNIQUE):
        return _because(Conflict(f"The database refused a row: {first_line}."), error)
    if isinstance(error, _OUR_BUGS):
        return _because(InvariantError(f"The database did not understand us: {first_line}."), error)
    return _because(
        StoreUnavailable(
            f"The database cannot be used now: {first_line.rstrip('.')}. "
            "Check that it runs, that its disk has room and that [queue] names it rightly."
        ),
        error,
    )


def _because(error: GatewayError, cause: Exception) -> GatewayError:
    error.__cause__ = cause
    return error
