"""received -> resolved: whose job it is, and whether he may send it."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from weakref import WeakValueDictionary

from gateway import faxlog
from gateway.config.people import ResolvingSection
from gateway.config.schema import SendingSection
from gateway.errors import AutomaticMail, PermanentError, SenderNotAllowed
from gateway.model.job import Failure, Job, Sender
from gateway.model.lifecycle import JobEvent
from gateway.model.options import Wish
from gateway.model.permission import Permission, Rules, Used
from gateway.model.sender import Person
from gateway.ports.blobs import Blobs
from gateway.ports.clock import Clock
from gateway.ports.directory import Directory
from gateway.ports.job_store import JobStore, Outcome
from gateway.resolving.automatic import why_automatic
from gateway.resolving.sender import sender_of
from gateway.stage import refusal

#: What the mail that begins with these bytes asks for.
WishesIn = Callable[[bytes], Iterable[Wish]]

_HEADER_SIZE = 64 * 1024  # bytes of a message in which its header is looked for


class ResolvingWorker:
    """Gives a received job its sender, or refuses it."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        blobs: Blobs,
        clock: Clock,
        sending: SendingSection,
        directory: Directory | None = None,
        rules: Rules | None = None,
        section: ResolvingSection | None = None,
        wishes_in: WishesIn | None = None,
    ) -> None:
        self._wishes_in = wishes_in or (lambda _: ())
        self._jobs = jobs
        self._blobs = blobs
        self._clock = clock
        self._sending = sending
        self._directory = directory
        self._rules = rules or Rules()
        self._section = section or ResolvingSection()
        # One job of a sender at a time, so that two of them cannot both be his last one for today.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def work(self, job: Job) -> None:
        """The job is resolved; or refused, and its sender told why.

        Raises:
            DirectoryUnavailable: the mail waits.
        """
        submission = await self._jobs.submission(job.submission_id)
        async with self._blobs.file(submission.message) as message:
            header = await asyncio.to_thread(_beginning, message)
        applications = self._section.automatic == "allow"
        if automatic := why_automatic(header, submission.mail_from, applications=applications):
            await self._refuse_silently(job, automatic)
            return
        job = replace(job, options=job.options.with_wishes(self._wishes_in(header)))
        sender = sender_of(submission, header, self._sending)
        try:
            person = await self._person(submission.mail_from)
            sender = sender_of(submission, header, self._sending, person)
            person = person or Person(submission.mail_from)
            # A trusted relay may know more addresses of his than the directory.
            person = replace(person, addresses=person.addresses | {submission.mail_from})
            await self._judged(job, sender, person)
        except PermanentError as error:
            failure = Failure(error.code, str(error), error.remedy)
            outcome = refusal(replace(job, sender=sender), failure)
            faxlog.job_finished(
                await self._jobs.record(job, JobEvent.REFUSED, replace(outcome, sender=sender))
            )

    async def _person(self, mail: str) -> Person | None:
        """Who this is; None when no directory is asked, or need not know him."""
        if self._directory is None:
            return None
        person = await self._directory.find(mail)
        if person is None and self._section.unknown == "refuse":
            raise SenderNotAllowed(f"The directory does not know {mail}.")
        return person

    async def _judged(self, job: Job, sender: Sender, person: Person) -> None:
        """The job is resolved.

        Raises:
            SenderNotAllowed: he may not send it.
        """
        today = self._clock.now().astimezone(UTC).date()
        permission = self._rules.of(person)
        if permission is None or not _counts(permission):
            self._check(self._rules, person, job, Used())
            await self._resolved(job, sender, person)
            return
        async with self._turns.setdefault(person.mail.casefold(), asyncio.Lock()):
            used = await self._jobs.used({person.mail, *person.addresses}, today=today, other_than=job.id)
            self._check(self._rules, person, job, used)
            await self._resolved(job, sender, person)

    def _check(self, rules: Rules, person: Person, job: Job, used: Used) -> None:
        today = self._clock.now().astimezone(UTC).date()
        refused = rules.judge(person, job.number, used, today).refusal
        if refused is not None:
            raise refused

    async def _resolved(self, job: Job, sender: Sender, person: Person) -> None:
        known = f", {person.entry} in directory {person.directory}" if person.directory else ""
        permission = self._rules.of(person)
        allowed = f" [permission.{permission.name}] allows it." if permission else ""
        trace = f"The sender is {sender.mail}{known}.{allowed}"
        outcome = Outcome(
            sender=sender, options=job.options, due_in=self._until(job.options.send_at), trace=trace
        )
        await self._jobs.record(job, JobEvent.SENDER_RESOLVED, outcome)
        faxlog.resolved(job, sender)

    def _until(self, send_at: datetime | None) -> timedelta | None:
        """How long the job has to rest; None when it may go on at once."""
        if send_at is None or (left := send_at - self._clock.now()) <= timedelta():
            return None
        return left

    async def _refuse_silently(self, job: Job, why: str) -> None:
        """The job has failed, and nobody is told: an answer to a program may come back as a mail."""
        failure = Failure(AutomaticMail.code, f"{AutomaticMail()} ({why})", AutomaticMail.remedy)
        trace = f"Refused without an answer: {why}."
        recorded = await self._jobs.record(job, JobEvent.REFUSED, Outcome(failure=failure, trace=trace))
        faxlog.job_finished(recorded)


def _counts(permission: Permission) -> bool:
    return bool(permission.faxes_per_day or permission.faxes_per_month)


def _beginning(message: Path) -> bytes:
    with message.open("rb") as file:
        return file.read(_HEADER_SIZE)
