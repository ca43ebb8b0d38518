"""What the end of a call means for its job, by the table, the settings and the calls before it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from gateway.config.schema import RetrySection, SendingSection
from gateway.errors import DeadlinePassed, InvariantError
from gateway.model.destination import Lesson, is_told
from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent
from gateway.model.notification import NewNotification, NotificationKind
from gateway.model.quiet import QuietHours
from gateway.model.retry import OwnRule, RetryLimits, Verdict, judge
from gateway.ports.clock import Clock
from gateway.ports.job_store import JobStore, Outcome
from gateway.sending.header import zone_of
from gateway.stage import answer
from telephony import Disposition, Transmission

_BROKE = frozenset({Disposition.INTERRUPTED, Disposition.LINE_FAILED})
_FETCH_AGAIN = "Ask for it again later. If that fails too, tell your administrator."
_DEATHS = 3  # calls in a row whose end nobody saw, after which a job is held


class Judge:
    """Knows the settings of [sending] and [retry]."""

    def __init__(
        self, *, jobs: JobStore, clock: Clock, section: SendingSection, retry: Mapping[str, RetrySection]
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._deadline = section.deadline
        self._quiet = quiet_hours(section)
        self._limits = RetryLimits(
            attempts=section.attempts,
            delay=section.delay,
            busy_delay=section.busy_delay,
            no_answer_delay=section.no_answer_delay,
            give_up_after=section.give_up_after,
            own={Disposition(name): OwnRule(own.attempts, own.delay) for name, own in retry.items()},
        )

    async def check(self, job: Job) -> None:
        """The job may be called now.

        Raises:
            DeadlinePassed: it is too late for this fax.
            InvariantError: we died in its calls again and again; a person must look.
        """
        if self._left(job) <= self.rest(job):
            raise DeadlinePassed
        if job.attempts < _DEATHS:
            return
        latest = (await self._jobs.attempts(job.id))[-_DEATHS:]
        if all(attempt.disposition is None for attempt in latest):
            raise InvariantError(f"The gateway died in the last {_DEATHS} calls of this job.")

    def rest(self, job: Job) -> timedelta:
        """How long the job has to wait because of quiet hours; zero when it may be called now."""
        return self._quiet.wait(self._clock.now(), job.options.priority) if self._quiet else timedelta()

    async def outcome(
        self, job: Job, transmission: Transmission, known: Collection[Lesson]
    ) -> tuple[JobEvent, Outcome]:
        """What is to be recorded after this call, which heeded what was `known` about the number."""
        if job.options.poll:
            return await self._outcome_of_poll(job, transmission)
        return await self._outcome(job, transmission, known)

    async def _outcome_of_poll(self, job: Job, transmission: Transmission) -> tuple[JobEvent, Outcome]:
        """What came is delivered, also from a call that broke; the whole fax is then fetched again."""
        if transmission.disposition is Disposition.DELIVERED:
            fetched = replace(job, page_count=transmission.pages_confirmed)
            event, outcome = await self._outcome(fetched, transmission, ())
            return event, replace(outcome, page_count=fetched.page_count, notifications=_owed_by_poll(job))
        event, outcome = await self._outcome(job, replace(transmission, pages=()), ())
        if outcome.failure is not None and transmission.disposition in _BROKE:
            outcome = replace(outcome, failure=replace(outcome.failure, remedy=_FETCH_AGAIN))
        return event, outcome

    async def _outcome(
        self, job: Job, transmission: Transmission, known: Collection[Lesson]
    ) -> tuple[JobEvent, Outcome]:
        confirmed = job.pages_confirmed + transmission.pages_confirmed
        verdict = judge(
            transmission.disposition,
            age=self._age(job),
            attempts=job.attempts,
            earlier=await self._earlier_ends(job),
            limits=replace(self._limits, attempts=job.options.attempts or self._limits.attempts),
            pages_confirmed=confirmed,
            page_count=job.page_count,
            left=self._left(job),
            retry_after=transmission.retry_after,
            otherwise=is_told(transmission, known),
        )
        return verdict.event, Outcome(
            transmission=transmission,
            due_in=verdict.due_in,
            failure=verdict.failure,
            notifications=_owed(job, verdict),
            trace=_sentence(transmission, confirmed, job.page_count, verdict.due_in),
        )

    def _age(self, job: Job) -> timedelta:
        """Since the mail came, or since the time its sender asked for."""
        return self._clock.now() - max(job.created_at, job.options.send_at or job.created_at)

    def _left(self, job: Job) -> timedelta:
        """Until no call may be made for the job any more."""
        left = self._deadline - self._age(job)
        return min(left, job.options.deadline - self._clock.now()) if job.options.deadline else left

    async def _earlier_ends(self, job: Job) -> list[Disposition]:
        """How the calls of this job ended that cost an attempt, since it was last retried by hand."""
        ends = [attempt.disposition for attempt in await self._jobs.attempts(job.id)]
        costly = [end for end in ends if end is not None and self._limits.costs_an_attempt(end)]
        return costly[-job.attempts :] if job.attempts else []


def arrived_before(job: Job) -> Outcome:
    """What it means that a node died after the last page was confirmed, and before it could say so."""
    return Outcome(
        notifications=answer(job, NotificationKind.DELIVERED),
        trace=f"All {job.page_count} pages had been confirmed before.",
    )


def fetched_before(job: Job, pages: int) -> Outcome:
    """What it means that a node died after a fax was fetched, and before it could say so."""
    return Outcome(
        page_count=pages,
        notifications=_owed_by_poll(job),
        trace=f"Its {pages} pages had been fetched before.",
    )


def _owed_by_poll(job: Job) -> tuple[NewNotification, ...]:
    """The fetched fax is the answer, but faxes that are answered together have one in common."""
    return answer(job, NotificationKind.DELIVERED) if job.options.summary else ()


def quiet_hours(section: SendingSection) -> QuietHours | None:
    """The quiet hours of [sending]; None when there are none."""
    if not section.quiet_hours:
        return None
    return QuietHours.read(section.quiet_hours, zone_of(section.timezone), section.quiet_for)


def _owed(job: Job, verdict: Verdict) -> tuple[NewNotification, ...]:
    if verdict.event is JobEvent.PAGES_CONFIRMED:
        return answer(job, NotificationKind.DELIVERED)
    if verdict.failure is not None:
        return answer(job, NotificationKind.FAILED)
    return ()


def _sentence(transmission: Transmission, confirmed: int, pages: int, due_in: timedelta | None) -> str:
    said = f"{transmission.disposition}: {confirmed} of {pages} pages confirmed"
    if transmission.sip_status:
        said += f", SIP {transmission.sip_status}"
    if transmission.detail:
        said += f", {transmission.detail}"
    if due_in is not None:
        said += f"; called again in {due_in}" if due_in else "; called again at once"
    return said + "."
