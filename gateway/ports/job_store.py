"""The queue. Every change of a job's state goes through `record`, in one transaction with what it means.

Promises (proved by tests/contract/test_job_store_*.py on SQLite and PostgreSQL):
- When `submit` returns, submission, jobs and raw message survive kill -9 and power loss.
- Two nodes never get the same job. A claimed job has a lease by the database's clock.
- One call to a number at a time, and one rendering of a message: `claim` leaves the others waiting.
- `record` raises when the row is no longer in the state, or under the lease, that the caller read.
- Whoever records an event records its notifications in the same transaction. Of jobs whose options say
  `summary`, the last one of a submission that ends owes one SUMMARY, and the others nothing.
- A change of state wakes the stage that waits for it (`gateway.ports.wakeups`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from gateway.model.attempt import Attempt
from gateway.model.ids import AttemptId, BlobRef, JobId, SubmissionId
from gateway.model.job import Failure, Job, Sender
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NewNotification
from gateway.model.options import JobOptions
from gateway.model.permission import Used
from gateway.model.submission import NewSubmission, Submission
from telephony import PageFacts, Transmission


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an event means, beyond the new state. All of it is written in one transaction, or nothing."""

    sender: Sender | None = None
    pages: BlobRef | None = None
    page_count: int | None = None
    shared: bool = True  #: whether the pages are for the other jobs of the submission as well
    body: BlobRef | None = None  #: what the other jobs share instead: the pages without a cover page
    body_page_count: int = 0
    options: JobOptions | None = None  #: in place of the job's
    recipient_name: str = ""  #: in place of the job's, unless empty
    due_in: timedelta | None = None  #: from the database's now; None means at once
    failure: Failure | None = None
    transmission: Transmission | None = (
        None  #: closes the open attempt and adds its confirmed pages to the job
    )
    notifications: tuple[NewNotification, ...] = field(default=())
    trace: str = ""  #: one sentence for the operator


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One line of a job's history."""

    at: datetime
    job_id: JobId
    event: str
    state: JobState
    node: str
    text: str


class JobStore(Protocol):
    """The queue of submissions, jobs and attempts."""

    async def submit(self, submission: NewSubmission, message: bytes | Path) -> SubmissionId:
        """The id of the submission, which is durable now, with one `received` job a recipient.

        A file `message` is taken over (moved); bytes are copied.

        Raises:
            StoreUnavailable: nothing was stored; the client must try again.
        """
        ...

    async def claim(self, *states: JobState, lease: timedelta, limit: int = 1) -> list[Job]:
        """Up to `limit` due jobs out of `states`, oldest due first, now owned by this node.

        They are of the highest priority that has a job to claim, and of no other.

        Raises:
            InvariantError: the states are not those of one stage.
        """
        ...

    async def renew(self, job_ids: Sequence[JobId], lease: timedelta) -> None:
        """The leases of these jobs, where they are this node's, run `lease` longer from now."""
        ...

    async def record(self, job: Job, event: JobEvent, outcome: Outcome | None = None) -> Job:
        """The job as it is after `event`.

        A transmission counts as an attempt, unless the event is WAS_POSTPONED. A job that leaves SENDING has
        no open attempt any more, with or without a transmission.

        Raises:
            IllegalTransition: the event is not possible in that state.
            LeaseLost: the row is not as it was read.
        """
        ...

    async def reap(self) -> list[Job]:
        """The jobs whose lease had expired, now at rest (`LEASE_EXPIRED`).

        An open attempt is closed: its confirmed pages are added to the job. A job whose pages were all
        confirmed becomes `delivered` with its notification; nothing confirmed is sent again.
        """
        ...

    async def open_attempt(
        self, job: Job, *, trunk: str, first_page: int, pages: tuple[BlobRef, int] | None = None
    ) -> AttemptId:
        """The id of the attempt row, durable before the caller dials.

        `pages`, and how many they are, take the place of the job's in the same transaction.
        """
        ...

    async def confirm_page(self, attempt_id: AttemptId, page: PageFacts) -> None:
        """The page journal of the attempt has this page, durably."""
        ...

    async def get(self, job_id: JobId) -> Job:
        """The job as it is now. KeyError when there is none."""
        ...

    async def submission(self, submission_id: SubmissionId) -> Submission:
        """The submission. KeyError when there is none."""
        ...

    async def attempts(self, job_id: JobId) -> list[Attempt]:
        """The attempts of a job, oldest first."""
        ...

    async def trace(self, job_id: JobId) -> list[TraceRow]:
        """The history of a job, oldest first."""
        ...

    async def list(self, *states: JobState, limit: int = 1000) -> list[Job]:
        """Jobs in these states (all when none is named), newest first."""
        ...

    async def of_submission(self, submission_id: SubmissionId) -> Sequence[Job]:
        """All jobs of a submission, in the order of its recipients."""
        ...

    async def used(self, mails: Collection[str], *, today: date, other_than: JobId) -> Used:
        """The faxes of these senders in the day and month of `today` (UTC): not failed, and not this one."""
        ...

    async def next_due_in(self, *states: JobState) -> timedelta | None:
        """How long until the next job of these states is due (zero or less: now), or None without any.

        Jobs that wait for another one (same number in a call, same message in rendering) are left out; the
        end of the other one wakes the stage.
        """
        ...
