"""A stage of the queue: claims jobs, does one thing with each, and never loses one.

Resolving, rendering and sending differ in `work` alone; what they share is here:
- A job is claimed only when there is room for it, and its lease is renewed while it is worked on.
- A node that cannot renew a lease in time stops working on that job: another node may have it by now.
- What `work` raises becomes an event: temporary -> postponed, permanent -> refused and its sender told,
  anything else is our bug -> held for a person, with a traceback in the log.
- A stage sleeps until it is woken, or until the next job is due.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from time import monotonic

from gateway import faxlog
from gateway.errors import InvariantError, LeaseLost, PermanentError, StoreUnavailable, TemporaryError
from gateway.model.ids import JobId
from gateway.model.job import Failure, Job
from gateway.model.lifecycle import TERMINAL, JobEvent, JobState
from gateway.model.notification import NewNotification, NotificationKind
from gateway.ports.job_store import JobStore, Outcome
from gateway.ports.wakeups import Listener, Topic, Wakeups

_log = logging.getLogger("faxgw.stage")

_LOOK_ANYWAY = timedelta(seconds=30)  # a wake-up is a hint and may be missed
_TAKEN_BY_ANOTHER = timedelta(milliseconds=50)  # due, and yet not ours: look again
_STORE_AWAY = timedelta(seconds=1)
_POSTPONED = timedelta(minutes=1)  # after a temporary error without a time of its own


class Stage:
    """Jobs in `claims` are worked on, at most `at_once` at the same time."""

    def __init__(
        self,
        *,
        topic: Topic,
        claims: Sequence[JobState],
        work: Callable[[Job], Awaitable[None]],
        jobs: JobStore,
        wakeups: Wakeups,
        lease: timedelta,
        at_once: int,
        grace: timedelta = timedelta(seconds=10),
    ) -> None:
        self._topic = topic
        self._claims = tuple(claims)
        self._work = work
        self._jobs = jobs
        self._wakeups = wakeups
        self._lease = lease
        self._at_once = at_once
        self._grace = grace  # how long work may go on after a stop
        self._running: dict[JobId, asyncio.Task[None]] = {}
        self._ours_until: dict[JobId, float] = {}  # monotonic seconds

    async def run_once(self) -> int:
        """How many jobs were due; all of them are worked on now."""
        claimed = await self._claim()
        async with asyncio.TaskGroup() as group:
            for job in claimed:
                self._start(group, job)
        return len(claimed)

    async def run(self, stopping: asyncio.Event) -> None:
        """Works until `stopping` is set, and then finishes what is under way within the grace period."""
        listener = self._wakeups.listener(self._topic)
        async with asyncio.TaskGroup() as group:
            keeper = group.create_task(self._keep_leases())
            stopped = group.create_task(stopping.wait())
            while not stopping.is_set():
                pause = await self._start_due(group)
                await self._something_happens(listener, stopped, pause)
            await self._finish()
            keeper.cancel()

    async def _start_due(self, group: asyncio.TaskGroup) -> timedelta | None:
        """How long there will be nothing to claim; None when there is no room for more."""
        try:
            for job in await self._claim():
                self._start(group, job)
            if len(self._running) >= self._at_once:
                return None
            due_in = await self._jobs.next_due_in(*self._claims)
        except StoreUnavailable as error:
            _log.warning("%s: %s Trying again.", self._topic, error)
            return _STORE_AWAY
        if due_in is None:
            return _LOOK_ANYWAY
        return min(max(due_in, _TAKEN_BY_ANOTHER), _LOOK_ANYWAY)

    async def _claim(self) -> list[Job]:
        room = self._at_once - len(self._running)
        if room <= 0:
            return []
        asked_at = monotonic()
        claimed = await self._jobs.claim(*self._claims, lease=self._lease, limit=room)
        for job in claimed:
            self._ours_until[job.id] = asked_at + self._lease.total_seconds()
        return claimed

    def _start(self, group: asyncio.TaskGroup, job: Job) -> None:
        self._running[job.id] = group.create_task(self._one(job), name=f"{self._topic} {job.id}")

    async def _something_happens(
        self, listener: Listener, stopped: asyncio.Task[bool], pause: timedelta | None
    ) -> None:
        """Returns at a stop, when a job is finished, at a wake-up, or after the pause."""
        if pause is None:
            await asyncio.wait([stopped, *self._running.values()], return_when=asyncio.FIRST_COMPLETED)
            return
        woken = asyncio.ensure_future(listener.wait(pause))
        try:
            await asyncio.wait([stopped, woken, *self._running.values()], return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            with suppress(asyncio.CancelledError):
                await woken

    async def _finish(self) -> None:
        if self._running:
            await asyncio.wait(self._running.values(), timeout=self._grace.total_seconds())
        for task in self._running.values():
            task.cancel()

    async def _one(self, job: Job) -> None:
        try:
            await self._work(job)
        except asyncio.CancelledError:
            await self._put_back(job, JobEvent.WAS_POSTPONED, Outcome(trace="Stopped before it was done."))
            raise
        except LeaseLost as error:
            _log.warning("job %s: %s Nothing was recorded here.", job.id, error)
        except StoreUnavailable as error:
            _log.warning("job %s: %s It is taken up again when its lease ends.", job.id, error)
        except TemporaryError as error:
            later = Outcome(due_in=error.due_in or _POSTPONED, trace=str(error))
            await self._put_back(job, JobEvent.WAS_POSTPONED, later)
        except PermanentError as error:
            failure = Failure(error.code, str(error), error.remedy)
            await self._put_back(job, JobEvent.REFUSED, refusal(job, failure))
        except Exception as error:  # noqa: BLE001 - our bug: no job is lost for it
            _log.exception("job %s is held: %s failed", job.id, self._topic)
            trace = f"{type(error).__name__}: {error}"[:500]
            faxlog.held(job, trace)
            await self._put_back(job, JobEvent.WAS_HELD, Outcome(trace=trace))
        finally:
            self._running.pop(job.id, None)
            self._ours_until.pop(job.id, None)

    async def _put_back(self, job: Job, event: JobEvent, outcome: Outcome) -> None:
        """The job has the event, unless the work itself had recorded another, or lost it."""
        try:
            recorded = await self._jobs.record(job, event, outcome)
        except InvariantError:
            _log.debug("job %s is not ours any more", job.id)
        except StoreUnavailable as error:
            _log.warning("job %s: %s It is taken up again when its lease ends.", job.id, error)
        else:
            if recorded.state in TERMINAL:
                faxlog.job_finished(recorded)

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            held = list(self._running)
            if not held:
                continue
            asked_at = monotonic()
            try:
                await self._jobs.renew(held, self._lease)
            except StoreUnavailable as error:
                _log.warning("%s: leases not renewed: %s", self._topic, error)
                self._stop_what_is_not_ours()
            else:
                ours_until = asked_at + self._lease.total_seconds()
                self._ours_until.update({job_id: ours_until for job_id in held if job_id in self._running})

    def _stop_what_is_not_ours(self) -> None:
        for job_id, until in self._ours_until.items():
            if until <= monotonic():
                _log.error("job %s: its lease has ended; another node may have it. Stopped.", job_id)
                self._running[job_id].cancel()


def refusal(job: Job, failure: Failure) -> Outcome:
    """What it means that this job will never work: its failure, and the mail that tells its sender."""
    return Outcome(
        failure=failure,
        notifications=answer(job, NotificationKind.FAILED),
        trace=f"{failure.reason} {failure.remedy}",
    )


def answer(job: Job, kind: NotificationKind) -> tuple[NewNotification, ...]:
    """The mail owed to the sender of a job.

    None for mails with a null reverse-path (RFC 5321 4.5.5), and none that the sender does not want (RFC 3461
    4.1).
    """
    if job.sender is None or not job.sender.mail or not job.options.wants(_DSN_WORD[kind]):
        return ()
    return (NewNotification(kind, job.sender.mail, job_id=job.id),)


_DSN_WORD = {
    NotificationKind.DELIVERED: "SUCCESS",
    NotificationKind.FAILED: "FAILURE",
    NotificationKind.DELAYED: "DELAY",
    NotificationKind.RECEIVED: "",
    NotificationKind.APPROVAL: "",
    NotificationKind.SUMMARY: "",
}
