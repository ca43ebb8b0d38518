"""Recording: the new state of a job and everything that follows from it, in one transaction.

The row must be as it was read: same state, same owner, same version. What an event means comes as an
Outcome; the facts of a call close the open attempt, and leaving SENDING closes it in any case.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.errors import LeaseLost
from gateway.model.job import Job
from gateway.model.lifecycle import TERMINAL, JobEvent, JobState, next_state
from gateway.model.notification import NewNotification, NotificationKind
from gateway.ports.job_store import Outcome
from gateway.store import attempts, tables
from gateway.store.ids import new_id
from gateway.store.rows import JOB_COLUMNS, job_from
from gateway.store.statements import TRACE, trace_row, with_trace
from gateway.store.types import Span, later, now

_job = tables.job


@dataclass(frozen=True, slots=True)
class Record:
    """An event that is about to be written."""

    job: Job
    event: JobEvent
    outcome: Outcome
    node: str
    lapsed: bool = False  #: the lease has expired: the owner is gone, whoever it was

    @property
    def is_single(self) -> bool:
        """Job and trace are all there is to write."""
        return (
            self.job.state is not JobState.SENDING
            and self.outcome.pages is None
            and not self.outcome.notifications
        )


def record(wanted: Record) -> Callable[[Connection], Job]:
    """The work that writes the event.

    Raises:
        IllegalTransition: the event is not possible in that state.
    """
    state = next_state(wanted.job.state, wanted.event)

    def work(connection: Connection) -> Job:
        values = _values(wanted, state)
        if wanted.job.state is JobState.SENDING:
            values |= attempts.close(connection, wanted.job, wanted.event, wanted.outcome)
        job = _update(connection, wanted, values)
        if (wanted.outcome.body or wanted.outcome.pages) and wanted.outcome.shared:
            connection.execute(_REMEMBER_PAGES, _pages(wanted))
        notify(connection, _owed(connection, job, wanted.outcome.notifications), wanted.node)
        return job

    return work


def _owed(
    connection: Connection, job: Job, notifications: Iterable[NewNotification]
) -> Iterable[NewNotification]:
    """What is owed now: of faxes that are answered together, only the last one that ends owes the answer."""
    if not job.options.summary:
        return notifications
    ends = [new for new in notifications if new.kind in _ENDS]
    others = [new for new in notifications if new.kind not in _ENDS]
    if not ends:
        return others
    # Two that end at the same moment: the second waits here, and then sees the first one's end.
    connection.execute(_LOCK, {"submission": job.submission_id})
    if connection.execute(_STILL_OPEN, {"submission": job.submission_id, "job": job.id}).first():
        return others
    return [*others, NewNotification(NotificationKind.SUMMARY, ends[0].mailbox, job_id=job.id)]


_ENDS = frozenset({NotificationKind.DELIVERED, NotificationKind.FAILED})
_LOCK = (
    sa.select(tables.submission.c.id)
    .where(tables.submission.c.id == sa.bindparam("submission"))
    .with_for_update()
)
_STILL_OPEN = (
    sa.select(tables.job.c.id)
    .where(
        tables.job.c.submission_id == sa.bindparam("submission"),
        tables.job.c.id != sa.bindparam("job"),
        tables.job.c.state.not_in(sorted(state.value for state in TERMINAL)),
    )
    .limit(1)
)


def notify(connection: Connection, notifications: Iterable[NewNotification], node: str) -> None:
    """These mails are owed once the transaction is committed, each with the Message-ID it will keep."""
    rows = [
        {
            "id": (id_ := new_id()),
            "kind": new.kind.value,
            "mailbox": new.mailbox,
            "job_id": new.job_id,
            "received_id": new.received_id,
            "message_id": f"<{id_.lower()}@{node}>",
            "refusal": new.refusal.to_json() if new.refusal else None,
        }
        for new in notifications
    ]
    if rows:
        connection.execute(_OWE, rows)


_OWE = sa.insert(tables.notification)
_REMEMBER_PAGES = (
    sa.update(tables.submission)
    .where(tables.submission.c.id == sa.bindparam("submission"), tables.submission.c.pages.is_(None))
    .values(pages=sa.bindparam("pages"), page_count=sa.bindparam("page_count"))
)


def _pages(wanted: Record) -> dict[str, Any]:
    outcome = wanted.outcome
    return {
        "submission": wanted.job.submission_id,
        "pages": outcome.body or outcome.pages,
        "page_count": outcome.body_page_count if outcome.body else outcome.page_count or 0,
    }


def _values(wanted: Record, state: JobState) -> dict[str, Any]:
    """The columns of the job that change, beyond lease and due time."""
    outcome = wanted.outcome
    values: dict[str, Any] = {"state": state.value}
    if outcome.sender:
        values["sender_mail"] = outcome.sender.mail
        values["sender_name"] = outcome.sender.name
        values["sender_station_id"] = outcome.sender.station_id
        values["sender_caller_number"] = outcome.sender.caller_number
    if outcome.options is not None:
        values["options"] = outcome.options.to_json()
        values["priority"] = outcome.options.rank
    if outcome.recipient_name:
        values["recipient_name"] = outcome.recipient_name
    if outcome.pages is not None:
        values["pages"] = outcome.pages
    if outcome.page_count is not None:
        values["page_count"] = outcome.page_count
    if outcome.failure or wanted.event in (JobEvent.WAS_RETRIED, JobEvent.WAS_RELEASED):
        failure = outcome.failure
        values["failure_code"] = failure.code if failure else None
        values["failure_reason"] = failure.reason if failure else None
        values["failure_remedy"] = failure.remedy if failure else None
    if wanted.event is JobEvent.WAS_RETRIED:
        values["attempts"] = 0
    return values


def _update(connection: Connection, wanted: Record, values: dict[str, Any]) -> Job:
    """The job's row has these values, and its history the event.

    Raises:
        LeaseLost: the row is not as it was read.
    """
    job, dialect = wanted.job, connection.dialect.name
    given = {f"new_{name}": value for name, value in values.items()}
    given |= {"job": job.id, "old": job.state.value, "read": job.version, "owner": job.leased_by}
    if due_in := wanted.outcome.due_in:
        given["due_in"] = due_in
    statement = _statement(frozenset(values), bool(due_in), wanted.lapsed, dialect)
    text = wanted.outcome.trace
    if dialect == "postgresql":
        given |= {"event": wanted.event.value, "node": wanted.node, "text": text}
    row = connection.execute(statement, given).first()
    if row is None:
        raise LeaseLost(
            f"Job {job.id} is no longer {job.state} and {job.leased_by}'s: it went on without us."
        )
    after = job_from(row)
    if dialect == "sqlite":
        connection.execute(TRACE, trace_row(after, wanted.event, wanted.node, text))
    return after


@cache
def _statement(names: frozenset[str], is_postponed: bool, lapsed: bool, dialect: str) -> Any:
    values: dict[str, Any] = {
        name: sa.bindparam(f"new_{name}", type_=_job.c[name].type) for name in sorted(names)
    }
    update = (
        sa.update(_job)
        .where(
            _job.c.id == sa.bindparam("job", type_=sa.Text),
            _job.c.state == sa.bindparam("old", type_=sa.Text),
            _job.c.version == sa.bindparam("read", type_=sa.Integer),
            _job.c.leased_by.is_not_distinct_from(sa.bindparam("owner", type_=sa.Text)),
        )
        .values(
            **values,
            due_at=later(sa.bindparam("due_in", type_=Span)) if is_postponed else now(),
            leased_by=None,
            leased_until=None,
            version=_job.c.version + 1,
        )
        .returning(*JOB_COLUMNS)
    )
    if lapsed:
        update = update.where(_job.c.leased_until <= now())
    return update if dialect == "sqlite" else with_trace(update)
