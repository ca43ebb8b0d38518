"""The job store in SQL. What each verb promises is written at `gateway.ports.job_store.JobStore`."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa

from gateway.model.attempt import Attempt
from gateway.model.ids import AttemptId, BlobRef, JobId, SubmissionId
from gateway.model.job import Job
from gateway.model.lifecycle import TERMINAL, JobEvent, JobState
from gateway.model.permission import Used
from gateway.model.submission import NewSubmission, Submission
from gateway.ports.job_store import Outcome, TraceRow
from gateway.ports.wakeups import Topic, Wakeups
from gateway.store import attempts, claims, reaping, tables, usage
from gateway.store.blobs import SqlBlobs
from gateway.store.database import Database
from gateway.store.failure import Conflict
from gateway.store.ids import new_id
from gateway.store.recording import Record, record
from gateway.store.rows import JOB_COLUMNS, attempt_from, job_from, submission_from, trace_from
from gateway.store.statements import executing, in_states
from gateway.store.submitting import submission_rows
from gateway.store.types import Span, later
from telephony import PageFacts

_WAITS_FOR = {
    JobState.RECEIVED: Topic.RESOLVING,
    JobState.RESOLVED: Topic.RENDERING,
    JobState.RENDERED: Topic.SENDING,
    JobState.DEFERRED: Topic.SENDING,
}
#: Leaving these makes way for another job of the same message, or to the same number.
_MAKES_WAY = {JobState.RENDERING: Topic.RENDERING, JobState.SENDING: Topic.SENDING}
_CLAIM_TRIES = 5

_job, _trace = tables.job, tables.trace
_GET = sa.select(*JOB_COLUMNS).where(_job.c.id == sa.bindparam("job"))
_OF_SUBMISSION = (
    sa.select(*JOB_COLUMNS).where(_job.c.submission_id == sa.bindparam("submission")).order_by(_job.c.id)
)
_SUBMISSION = sa.select(tables.submission).where(tables.submission.c.id == sa.bindparam("submission"))
_TRACE = sa.select(_trace).where(_trace.c.job_id == sa.bindparam("job")).order_by(_trace.c.id)
_RENEW = (
    sa.update(_job)
    .where(
        _job.c.id.in_(sa.bindparam("jobs", expanding=True)),
        _job.c.leased_by == sa.bindparam("node", type_=sa.Text),
    )
    .values(leased_until=later(sa.bindparam("lease", type_=Span)))
)


class SqlJobStore:
    """The queue, in SQLite or PostgreSQL."""

    def __init__(self, database: Database, blobs: SqlBlobs, wakeups: Wakeups) -> None:
        self._database = database
        self._blobs = blobs
        self._wakeups = wakeups

    async def submit(self, submission: NewSubmission, message: bytes | Path) -> SubmissionId:
        """Durable, in one transaction with whatever else is submitted at this moment."""
        submission_id = SubmissionId(new_id())
        staged = await self._blobs.stage(message, take_over=True)
        await self._database.insert(
            submission_rows(submission_id, submission, staged, self._database.node),
            proof=lambda connection: connection.execute(_SUBMISSION, {"submission": submission_id}).first(),
            then=lambda _: self._wakeups.wake(Topic.RESOLVING),
        )
        if isinstance(message, Path):
            await asyncio.to_thread(message.unlink, missing_ok=True)
        return submission_id

    async def claim(self, *states: JobState, lease: timedelta, limit: int = 1) -> list[Job]:
        """One statement; two nodes at the same job are told apart by row locks and unique indexes."""
        work = claims.claim(frozenset(states), node=self._database.node, lease=lease, limit=limit)
        for _ in range(_CLAIM_TRIES):
            try:
                return await self._database.write(work, single=True)
            except Conflict:  # another node began a call to the same number at this very moment
                continue
        return []

    async def renew(self, job_ids: Sequence[JobId], lease: timedelta) -> None:
        """Rows that this node does not own any more are left alone; `record` will tell."""
        if not job_ids:
            return
        given = {"jobs": list(job_ids), "node": self._database.node, "lease": lease}
        await self._database.write(executing(_RENEW, given), single=True)

    async def record(self, job: Job, event: JobEvent, outcome: Outcome | None = None) -> Job:
        """Row, history, attempt, submission and outbox change together."""
        wanted = Record(job, event, outcome or Outcome(), self._database.node)
        notified = bool(wanted.outcome.notifications)
        return await self._database.write(
            record(wanted),
            single=wanted.is_single,
            then=lambda after: self._wake([(job.state, after)], notified=notified),
        )

    async def reap(self) -> list[Job]:
        """Some hundred at a time, until no expired lease is left."""
        reaped: list[Job] = []
        while await self._database.read(reaping.any_expired):
            some = await self._database.write(
                reaping.reap(self._database.node),
                then=lambda jobs: self._wake(_after_reaping(jobs), notified=True),
            )
            if not some:
                break  # the others are being reaped by another node
            reaped += some
        return reaped

    async def open_attempt(
        self, job: Job, *, trunk: str, first_page: int, pages: tuple[BlobRef, int] | None = None
    ) -> AttemptId:
        """A statement that writes the row only while the job is ours, and one more for other pages."""
        node = self._database.node
        work = attempts.open_attempt(job, node=node, trunk=trunk, first_page=first_page, pages=pages)
        return await self._database.write(work, single=pages is None)

    async def confirm_page(self, attempt_id: AttemptId, page: PageFacts) -> None:
        """One statement, durable when it returns."""
        await self._database.write(attempts.confirm_page(attempt_id, page), single=True)

    async def get(self, job_id: JobId) -> Job:
        """Read by its key."""
        row = await self._database.read(lambda connection: connection.execute(_GET, {"job": job_id}).first())
        if row is None:
            raise KeyError(job_id)
        return job_from(row)

    async def submission(self, submission_id: SubmissionId) -> Submission:
        """Read by its key."""
        given = {"submission": submission_id}
        row = await self._database.read(lambda connection: connection.execute(_SUBMISSION, given).first())
        if row is None:
            raise KeyError(submission_id)
        return submission_from(row)

    async def attempts(self, job_id: JobId) -> list[Attempt]:
        """With the length of each page journal."""
        given = {"job": job_id}
        rows = await self._database.read(
            lambda connection: connection.execute(attempts.ALL_OF_JOB, given).all()
        )
        return [attempt_from(row) for row in rows]

    async def trace(self, job_id: JobId) -> list[TraceRow]:
        """Begins with "submitted"."""
        rows = await self._database.read(lambda connection: connection.execute(_TRACE, {"job": job_id}).all())
        return [trace_from(row) for row in rows]

    async def list(self, *states: JobState, limit: int = 1000) -> list[Job]:
        """Newest first."""
        query = sa.select(*JOB_COLUMNS).order_by(_job.c.id.desc()).limit(limit)
        if states:
            query = query.where(in_states(*states))
            if not TERMINAL & set(states):
                query = query.where(sa.text(f"job.{tables.OPEN.text}"))
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [job_from(row) for row in rows]

    async def of_submission(self, submission_id: SubmissionId) -> Sequence[Job]:
        """By the index of submissions."""
        given = {"submission": submission_id}
        rows = await self._database.read(lambda connection: connection.execute(_OF_SUBMISSION, given).all())
        return [job_from(row) for row in rows]

    async def used(self, mails: Collection[str], *, today: date, other_than: JobId) -> Used:
        """By the index of senders."""
        return await self._database.read(usage.used(mails, today, other_than))

    async def next_due_in(self, *states: JobState) -> timedelta | None:
        """Jobs that wait for another one (number in a call, message in rendering) are left out."""
        return await self._database.read(claims.due_in(frozenset(states)))

    def _wake(self, changes: Iterable[tuple[JobState, Job]], *, notified: bool) -> None:
        topics = {Topic.NOTIFYING} if notified else set()
        for before, after in changes:
            topics |= {topic for topic in (_WAITS_FOR.get(after.state), _MAKES_WAY.get(before)) if topic}
        for topic in topics:
            self._wakeups.wake(topic)


def _after_reaping(jobs: Iterable[Job]) -> Iterable[tuple[JobState, Job]]:
    """Reaped jobs with the state they were in."""
    was = {JobState.RECEIVED: JobState.RESOLVING, JobState.RESOLVED: JobState.RENDERING}
    return [(was.get(job.state, JobState.SENDING), job) for job in jobs]
