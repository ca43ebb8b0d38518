"""received -> resolved: whose job it is, and whether he may send it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from weakref import WeakValueDictionary

from gateway import faxlog
from gateway.errors import AutomaticMail, GatewayError, InvalidNumber, SenderNotProved
from gateway.model.job import Failure, Job
from gateway.model.lifecycle import JobEvent
from gateway.model.mail_header import HEADER_SIZE
from gateway.model.number import IN_THE_MAIL
from gateway.model.permission import Permission, Used, Verdict
from gateway.model.submission import Submission
from gateway.ports.blobs import Blobs
from gateway.ports.clock import Clock
from gateway.ports.job_store import JobStore, Outcome
from gateway.resolving.addressee import name_beside
from gateway.resolving.resolver import Facts, Resolver
from gateway.resolving.splitting import Splitter
from gateway.stage import refusal

_BEGINNING = 1024 * 1024  # bytes of a message in which fields and commands are looked for


class ResolvingWorker:
    """Gives a received job its sender, or refuses it."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        blobs: Blobs,
        clock: Clock,
        resolver: Resolver,
        splitter: Splitter | None = None,
    ) -> None:
        self._splitter = splitter
        self._jobs = jobs
        self._blobs = blobs
        self._clock = clock
        self._resolver = resolver
        # One job of a sender at a time, so that two of them cannot both be his last one for today.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def work(self, job: Job) -> None:
        """The job is resolved; or refused, and its sender told why.

        Raises:
            DirectoryUnavailable: the mail waits.
        """
        submission = await self._jobs.submission(job.submission_id)
        async with self._blobs.file(submission.message) as message:
            beginning = await asyncio.to_thread(_beginning, message)
        is_split = job.number == IN_THE_MAIL
        options = replace(job.options, listed=True) if is_split else job.options
        facts = await self._resolver.facts(submission, beginning, options)
        if facts.automatic:
            await self._refuse_silently(job, AutomaticMail(), facts.automatic)
        elif isinstance(facts.refusal, SenderNotProved):
            await self._refuse_silently(job, facts.refusal, "its address may be forged")
        elif facts.refusal is not None:
            await self._refuse(job, facts, facts.refusal)
        elif is_split:
            await self._split(job, submission, facts)
        else:
            await self._judged(_named(job, beginning[:HEADER_SIZE]), facts)

    async def _split(self, job: Job, submission: Submission, facts: Facts) -> None:
        try:
            if self._splitter is None:
                raise InvalidNumber
            await self._splitter.split(job, submission, facts)
        except InvalidNumber as error:
            await self._refuse(job, facts, error)

    async def _judged(self, job: Job, facts: Facts) -> None:
        """The job is resolved, or refused for what its sender may not."""
        permission = self._resolver.rules.of(facts.person)
        if permission is None or not _counts(permission):
            await self._act(job, facts, self._resolver.verdict(facts, job.number, Used()))
            return
        person, today = facts.person, self._clock.now().astimezone(UTC).date()
        async with self._turns.setdefault(person.mail.casefold(), asyncio.Lock()):
            used = await self._jobs.used({person.mail, *person.addresses}, today=today, other_than=job.id)
            await self._act(job, facts, self._resolver.verdict(facts, job.number, used))

    async def _act(self, job: Job, facts: Facts, verdict: Verdict) -> None:
        if verdict.refusal is not None:
            await self._refuse(job, facts, verdict.refusal)
            return
        allowed = f"[permission.{verdict.permission.name}] allows it." if verdict.permission else ""
        outcome = Outcome(
            sender=facts.sender,
            options=facts.options,
            recipient_name=job.recipient_name,
            due_in=self._until(facts.options.send_at),
            trace=" ".join(filter(None, (*facts.reasons, allowed))),
        )
        await self._jobs.record(job, JobEvent.SENDER_RESOLVED, outcome)
        faxlog.resolved(job, facts.sender)

    def _until(self, send_at: datetime | None) -> timedelta | None:
        """How long the job has to rest; None when it may go on at once."""
        if send_at is None or (left := send_at - self._clock.now()) <= timedelta():
            return None
        return left

    async def _refuse(self, job: Job, facts: Facts, error: GatewayError) -> None:
        failure = Failure(error.code, str(error), error.remedy)
        outcome = replace(refusal(replace(job, sender=facts.sender), failure), sender=facts.sender)
        faxlog.job_finished(await self._jobs.record(job, JobEvent.REFUSED, outcome))

    async def _refuse_silently(self, job: Job, error: GatewayError, why: str) -> None:
        """The job has failed, and nobody is told: the answer would go to a program, or a stranger."""
        failure = Failure(error.code, f"{error} ({why})", error.remedy)
        trace = f"Refused without an answer: {why}. {error}"
        recorded = await self._jobs.record(job, JobEvent.REFUSED, Outcome(failure=failure, trace=trace))
        faxlog.job_finished(recorded)


def _named(job: Job, header: bytes) -> Job:
    """The job with the name beside its address, unless a list or the address itself named somebody."""
    if job.recipient_name or job.options.listed:
        return job
    return replace(job, recipient_name=name_beside(header, job.address))


def _counts(permission: Permission) -> bool:
    return bool(permission.faxes_per_day or permission.faxes_per_month)


def _beginning(message: Path) -> bytes:
    with message.open("rb") as file:
        return file.read(_BEGINNING)
