"""Parts of statements that several files share, and what the two databases spell differently."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent
from gateway.store import tables
from gateway.store.rows import JOB_COLUMNS
from gateway.store.types import now

_TRACE_COLUMNS = ["job_id", "at", "event", "state", "node", "text"]

TRACE = sa.insert(tables.trace)


def trace_row(job: Job, event: str, node: str, text: str = "") -> dict[str, str]:
    """What TRACE wants for one event."""
    return {"job_id": job.id, "event": str(event), "state": job.state.value, "node": node, "text": text}


def with_trace(update: Any, event: JobEvent | None = None) -> Any:
    """On PostgreSQL: the update of `job`, its trace rows and the jobs as they are now, in one statement.

    Parameters `node`, `text` and, unless it is given here, `event` go with it.
    """
    changed = update.cte("changed")
    traced = (
        sa.insert(tables.trace)
        .from_select(
            _TRACE_COLUMNS,
            sa.select(
                changed.c.id,
                now(),
                sa.literal(event.value) if event else sa.bindparam("event", type_=sa.Text),
                changed.c.state,
                sa.bindparam("node", type_=sa.Text),
                sa.literal("") if event else sa.bindparam("text", type_=tables.trace.c.text.type),
            ),
        )
        .cte("traced")
    )
    return sa.select(*(changed.c[column.name] for column in JOB_COLUMNS)).add_cte(traced)


def executing(statement: sa.Executable, given: Mapping[str, Any]) -> Callable[[Connection], None]:
    """The work that executes one statement."""

    def work(connection: Connection) -> None:
        connection.execute(statement, given)

    return work


def in_states(*states: str, table: str = "job") -> sa.TextClause:
    """`state IN (...)` spelled out: SQLite uses a partial index only for a query with its very words."""
    return sa.text(f"{table}.state IN ({tables.words(sorted(states))})")


@cache
def insert_new(table: sa.Table, dialect: str) -> sa.Insert:
    """`table` has these rows; those whose key is there already stay as they are."""
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing().inline()  # nobody asks for its keys
