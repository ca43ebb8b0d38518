"""Reaping: jobs whose lease has expired come to rest again. Their node died, or was stopped for too long.

A job in a call has a page journal, which was written as the far end confirmed: all pages confirmed means
delivered, and nothing that was confirmed is sent again.
"""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NewNotification, NotificationKind
from gateway.ports.job_store import Outcome
from gateway.store import attempts, tables
from gateway.store.recording import Record, record
from gateway.store.rows import JOB_COLUMNS, job_from
from gateway.store.types import now

_AT_ONCE = 100  # rows in one transaction

_EXPIRED = (
    sa.select(*JOB_COLUMNS)
    .where(sa.text("job.leased_until IS NOT NULL"), tables.job.c.leased_until <= now())
    .order_by(tables.job.c.leased_until)
    .limit(_AT_ONCE)
)
_EXPIRED_AND_LOCKED = _EXPIRED.with_for_update(skip_locked=True)


def any_expired(connection: Connection) -> bool:
    """Some lease has expired. Asked first, so that a quiet gateway writes nothing."""
    return connection.execute(_EXPIRED.limit(1)).first() is not None


def reap(node: str) -> Callable[[Connection], list[Job]]:
    """The work that brings the expired jobs, some at a time, to rest."""

    def work(connection: Connection) -> list[Job]:
        locked = _EXPIRED if connection.dialect.name == "sqlite" else _EXPIRED_AND_LOCKED
        expired = [job_from(row) for row in connection.execute(locked).all()]
        return [record(_ending(connection, job, node))(connection) for job in expired]

    return work


def _ending(connection: Connection, job: Job, node: str) -> Record:
    """What the end of the lease means for this job."""
    gone = f"The lease of {job.leased_by} expired while the job was {job.state}"
    journal = attempts.journal(connection, job) if job.state is JobState.SENDING else None
    if journal is None:
        return Record(job, JobEvent.LEASE_EXPIRED, Outcome(trace=f"{gone}."), node, lapsed=True)
    confirmed = journal.first_page - 1 + journal.pages_confirmed
    if not job.page_count or confirmed < job.page_count:
        text = f"{gone}; {confirmed} of {job.page_count} pages are confirmed, the others are sent again."
        return Record(job, JobEvent.LEASE_EXPIRED, Outcome(trace=text), node, lapsed=True)
    mail = job.sender.mail if job.sender and job.options.wants("SUCCESS") else ""
    answer = (NewNotification(NotificationKind.DELIVERED, mail, job.id),) if mail else ()
    outcome = Outcome(notifications=answer, trace=f"{gone}; the page journal has every page.")
    return Record(job, JobEvent.PAGES_CONFIRMED, outcome, node, lapsed=True)
