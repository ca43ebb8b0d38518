"""The queue's front door in memory: what the intake stores, and what notifying reads."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from gateway.model.attempt import Attempt
from gateway.model.ids import AttemptId, BlobRef, JobId, SubmissionId
from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.submission import NewSubmission, Submission
from gateway.ports.job_store import Outcome, TraceRow
from telephony import PageFacts


@dataclass(frozen=True)
class Stored:
    submission: NewSubmission
    message: bytes
    was_a_file: bool


class FakeJobStore:
    """Remembers submissions; knows the jobs it was given."""

    def __init__(self) -> None:
        self.stored: list[Stored] = []
        self.jobs: dict[JobId, Job] = {}
        self.submissions: dict[SubmissionId, Submission] = {}
        self.attempts_of: dict[JobId, list[Attempt]] = {}
        self.submit_started = asyncio.Event()
        self._failures: list[Exception] = []
        self._gate: asyncio.Event | None = None

    def next_submit_fails(self, *failures: Exception) -> None:
        """The next submissions are not stored."""
        self._failures.extend(failures)

    def hold_submits(self) -> asyncio.Event:
        """Submissions wait until the event is set."""
        self._gate = asyncio.Event()
        return self._gate

    async def submit(self, submission: NewSubmission, message: bytes | Path) -> SubmissionId:
        self.submit_started.set()
        if self._gate is not None:
            await self._gate.wait()
        if self._failures:
            raise self._failures.pop(0)
        if isinstance(message, Path):
            content = message.read_bytes()
            message.unlink()
        else:
            content = message
        self.stored.append(Stored(submission, content, isinstance(message, Path)))
        return SubmissionId(f"S{len(self.stored)}")

    async def of_submission(self, submission_id: SubmissionId) -> Sequence[Job]:
        return [job for job in self.jobs.values() if job.submission_id == submission_id]

    async def get(self, job_id: JobId) -> Job:
        return self.jobs[job_id]

    async def submission(self, submission_id: SubmissionId) -> Submission:
        return self.submissions[submission_id]

    async def attempts(self, job_id: JobId) -> list[Attempt]:
        return self.attempts_of.get(job_id, [])

    async def list(self, *states: JobState, limit: int = 1000) -> list[Job]:
        return [job for job in self.jobs.values() if not states or job.state in states][:limit]

    async def trace(self, job_id: JobId) -> "list[TraceRow]":
        return []

    # The stages that need these are tested with the real store.

    async def claim(self, *states: JobState, lease: timedelta, limit: int = 1) -> "list[Job]":
        return []

    async def renew(self, job_ids: Sequence[JobId], lease: timedelta) -> None:
        raise NotImplementedError

    async def record(self, job: Job, event: JobEvent, outcome: Outcome | None = None) -> Job:
        raise NotImplementedError

    async def reap(self) -> "list[Job]":
        return []

    async def open_attempt(
        self, job: Job, *, trunk: str, first_page: int, pages: tuple[BlobRef, int] | None = None
    ) -> AttemptId:
        raise NotImplementedError

    async def confirm_page(self, attempt_id: AttemptId, page: PageFacts) -> None:
        raise NotImplementedError

    async def next_due_in(self, *states: JobState) -> timedelta | None:
        return None
