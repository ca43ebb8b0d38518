"""Column types and the database's clock, the same on SQLite and PostgreSQL.

PostgreSQL has timestamps and intervals. SQLite has text: a time is "2026-11-22 20:16:00.123+00:00", always
UTC and always as long, so that text order is time order.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

_SQLITE_TIME = "%Y-%m-%d %H:%M:%f+00:00"


class Moment(TypeDecorator[datetime]):
    """An aware UTC time, in milliseconds at least."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Text on SQLite."""
        return sa.Text() if dialect.name == "sqlite" else sa.DateTime(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """The time as the database keeps it."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).isoformat(" ", "milliseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The time, aware and in UTC whatever the session's time zone is."""
        if value is None:
            return None
        return datetime.fromisoformat(value) if dialect.name == "sqlite" else value.astimezone(UTC)


class Span(TypeDecorator[timedelta]):
    """A duration as a parameter of `later`; no column has it."""

    impl = sa.Interval
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """A modifier of SQLite's strftime, or an interval."""
        return sa.Text() if dialect.name == "sqlite" else sa.Interval()

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> Any:
        """For example "+60.000 seconds"."""
        if value is None or dialect.name != "sqlite":
            return value
        return f"{value.total_seconds():+.3f} seconds"


class Words(TypeDecorator[str]):
    """Text that may come from strangers: what no database can keep (NUL, half a surrogate) becomes U+FFFD."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text, storable."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class now(sa.sql.functions.FunctionElement[datetime]):  # noqa: N801 - a word of SQL
    """The database's clock when the statement began."""

    type = Moment()
    inherit_cache = True


class later(sa.sql.functions.FunctionElement[datetime]):  # noqa: N801 - a word of SQL
    """`later(span)`: the database's clock and that much more."""

    type = Moment()
    inherit_cache = True


@compiles(now, "sqlite")
def _sqlite_now(element: now, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001
    return f"strftime('{_SQLITE_TIME}', 'now')"


@compiles(now, "postgresql")
def _postgresql_now(element: now, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ARG001
    return "statement_timestamp()"  # stable, so that an index on due_at can be used; clock_timestamp() is not


@compiles(later, "sqlite")
def _sqlite_later(element: later, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strftime('{_SQLITE_TIME}', 'now', {compiler.process(element.clauses, **kw)})"


@compiles(later, "postgresql")
def _postgresql_later(element: later, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(statement_timestamp() + CAST({compiler.process(element.clauses, **kw)} AS interval))"
