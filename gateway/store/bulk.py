"""Many rows of a table in few statements: that is what a burst of mails is made of.

On PostgreSQL all rows go in one statement that takes an array a column, which halves the processor time of a
row, here and in the server. Content goes row by row, so that no array holds a second copy of it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Connection

from gateway.store.statements import insert_new

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]

Row = Mapping[str, Any]


def insert_all(table: sa.Table, rows: Sequence[Row], connection: Connection) -> None:
    """The table has these rows, which have the same columns; those whose key was there stay as they were."""
    if connection.dialect.name == "sqlite":
        connection.execute(insert_new(table, "sqlite"), rows)
        return
    server: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    columns = tuple(rows[0])
    if any(isinstance(table.c[name].type, sa.LargeBinary) for name in columns):
        with server.cursor() as cursor:
            cursor.executemany(_one_row(table, columns), [[row[name] for name in columns] for row in rows])
        return
    arrays = [_array([row[name] for row in rows], _processor(table.c[name])) for name in columns]
    server.execute(_all_rows(table, columns), arrays)


def _array(values: list[Any], processor: Callable[[Any], Any] | None) -> list[Any]:
    return values if processor is None else [processor(value) for value in values]


@cache
def _processor(column: sa.Column[Any]) -> Callable[[Any], Any] | None:
    """What the type of the column makes of a value before the driver gets it."""
    return column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)


@cache
def _one_row(table: sa.Table, columns: tuple[str, ...]) -> bytes:
    return _insert(table, columns, "VALUES ", "(", ", ".join(["%b"] * len(columns)), ")")


@cache
def _all_rows(table: sa.Table, columns: tuple[str, ...]) -> bytes:
    """What the database fills in by itself, its clock, is the same for all rows."""
    computed = {
        column.name: str(column.default.arg.compile(dialect=_DIALECT))  # type: ignore[attr-defined]
        for column in table.c
        if column.default is not None and column.name not in columns
    }
    arrays = ", ".join(f"%b::{table.c[name].type.compile(_DIALECT)}[]" for name in columns)
    values = ", ".join(["*", *computed.values()])
    return _insert(table, (*columns, *computed), "SELECT ", values, " FROM unnest(", arrays, ")")


def _insert(table: sa.Table, columns: tuple[str, ...], *source: str) -> bytes:
    """The statement; every word of it is ours."""
    names = ", ".join(_DIALECT.identifier_preparer.quote(name) for name in columns)
    into = ("INSERT INTO ", table.name, " (", names, ") ")
    return "".join((*into, *source, " ON CONFLICT DO NOTHING")).encode()
