"""Claiming: due jobs become this node's, of one priority, oldest due first, in one statement.

Two rules beside the state: one call per destination at a time, and one rendering per message at a time (so
that a body is rendered once and its pages are reused). Within one claim the first of a number, or of a
message, goes; the others wait for their turn. Unique indexes hold both rules when two nodes claim at once.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.errors import InvariantError
from gateway.model.job import Job
from gateway.model.lifecycle import CLAIMABLE, TRANSITIONS, JobEvent, JobState
from gateway.model.options import PRIORITIES
from gateway.store import tables
from gateway.store.rows import JOB_COLUMNS, job_from
from gateway.store.statements import TRACE, in_states, trace_row, with_trace
from gateway.store.types import Span, later, now

_job = tables.job
_TURN = [_job.c[name] for name in tables.TURN]
_RANK = sa.bindparam("rank", type_=sa.Integer)


def claim(
    states: frozenset[JobState], *, node: str, lease: timedelta, limit: int
) -> Callable[[Connection], list[Job]]:
    """The work that claims up to `limit` jobs."""

    def work(connection: Connection) -> list[Job]:
        dialect = connection.dialect.name
        given = {"node": node, "lease": lease, "limit": limit}
        rows: Sequence[Any] = ()
        for rank in connection.execute(_ranks_due(states)).scalars().all():
            if rows := connection.execute(_claim(states, dialect), given | {"rank": rank}).all():
                break
        jobs = sorted((job_from(row) for row in rows), key=lambda job: (job.due_at, job.id))
        if jobs and dialect == "sqlite":  # PostgreSQL has written them in the same statement
            connection.execute(TRACE, [trace_row(job, JobEvent.CLAIMED, node) for job in jobs])
        return jobs

    return work


def due_in(states: frozenset[JobState]) -> Callable[[Connection], timedelta | None]:
    """The work that finds how long until the next job is due that could be claimed."""

    def work(connection: Connection) -> timedelta | None:
        row = connection.execute(_next_due(states)).first()
        return None if row is None or row.due_at is None else row.due_at - row.now

    return work


@cache
def _claim(states: frozenset[JobState], dialect: str) -> Any:
    due = (
        sa.select(_job.c.id)
        .where(_waiting(states), _job.c.priority == _RANK, _job.c.due_at <= now())
        .where(*_free(states), *_in_turn(states))
        .order_by(_job.c.due_at, _job.c.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )
    if dialect == "postgresql":  # a CTE with FOR UPDATE runs once; a subquery might run again, and lock more
        due = sa.select(due.with_for_update(skip_locked=True, of=_job).cte("due").c.id)
    update = (
        sa.update(_job)
        .where(_job.c.id.in_(due))
        .values(
            state=_stage(states)[1].value,
            leased_by=sa.bindparam("node", type_=sa.Text),
            leased_until=later(sa.bindparam("lease", type_=Span)),
            version=_job.c.version + 1,
        )
        .returning(*JOB_COLUMNS)
    )
    return update if dialect == "sqlite" else with_trace(update, JobEvent.CLAIMED)


@cache
def _ranks_due(states: frozenset[JobState]) -> Any:
    """The priorities of which something is due: one look into the index for each, however much waits."""
    looks = [
        sa.select(sa.literal(rank).label("rank")).where(
            sa.exists().where(_waiting(states), _job.c.priority == rank, _job.c.due_at <= now())
        )
        for rank in range(len(PRIORITIES))
    ]
    return sa.union_all(*looks).order_by("rank")


@cache
def _next_due(states: frozenset[JobState]) -> Any:
    # The first of each priority is found by the index; the first of all would be sorted out of all.
    of_each = [
        sa.select(
            sa.select(_job.c.due_at)
            .where(_waiting(states), _job.c.priority == rank, *_free(states))
            .order_by(_job.c.due_at, _job.c.id)
            .limit(1)
            .scalar_subquery()
            .label("due_at")
        )
        for rank in range(len(PRIORITIES))
    ]
    first = sa.union_all(*of_each).subquery()
    return sa.select(sa.func.min(first.c.due_at).label("due_at"), now().label("now"))


def _stage(states: frozenset[JobState]) -> tuple[frozenset[JobState], JobState]:
    """All states that the stage of these states claims, and the state they get.

    Raises:
        InvariantError: the states belong to several stages, or cannot be claimed.
    """
    claimed = {TRANSITIONS[state].get(JobEvent.CLAIMED) for state in states}
    owned = claimed.pop() if len(claimed) == 1 else None
    if owned is None:
        raise InvariantError(f"Not the states of one stage: {', '.join(sorted(states))}.")
    return frozenset(s for s in CLAIMABLE if TRANSITIONS[s][JobEvent.CLAIMED] is owned), owned


def _waiting(states: frozenset[JobState], alias: str = "job") -> sa.TextClause | sa.ColumnElement[bool]:
    """The rows in these states, found by the partial index of their stage."""
    whole_stage, _ = _stage(states)
    found = in_states(*whole_stage, table=alias)
    return found if states == whole_stage else sa.and_(found, in_states(*states, table=alias))


def _shared(states: frozenset[JobState]) -> str | None:
    """The column that only one owned job may have a value of."""
    return {JobState.SENDING: "number", JobState.RENDERING: "submission_id"}.get(_stage(states)[1])


def _free(states: frozenset[JobState]) -> list[sa.ColumnElement[bool]]:
    """Nothing of the same number is in a call; nothing of the same message is being rendered."""
    if (shared := _shared(states)) is None:
        return []
    other = _job.alias("other")
    return [
        ~sa.exists().where(in_states(_stage(states)[1], table="other"), other.c[shared] == _job.c[shared])
    ]


def _in_turn(states: frozenset[JobState]) -> list[sa.ColumnElement[bool]]:
    """Nothing of the same number, or message, that is due goes before."""
    if (shared := _shared(states)) is None:
        return []
    earlier = _job.alias("earlier")
    return [
        ~sa.exists().where(
            _waiting(states, "earlier"),
            earlier.c[shared] == _job.c[shared],
            earlier.c.due_at <= now(),
            sa.tuple_(*(earlier.c[name] for name in tables.TURN)) < sa.tuple_(*_TURN),
        )
    ]
