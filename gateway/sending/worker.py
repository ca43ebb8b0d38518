"""rendered, deferred -> delivered, or called again later, or failed.

One call for one job, in this order, because the process may die between any two steps:
1. What is known about the number is looked up; the pages are made as its machine takes them.
2. The attempt is written, durably. From here on the job is in doubt until the end is recorded.
3. The call. Every confirmed page goes into the attempt's journal while the call goes on.
4. The end is recorded: the attempt, the job and the mail to the sender, in one transaction.

A call that follows a broken one begins with the first page that was not confirmed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

from gateway import faxlog
from gateway.config.schema import RetrySection, SendingSection
from gateway.errors import StoreUnavailable
from gateway.model.destination import Lesson, adapted, wants_standard
from gateway.model.ids import BlobRef
from gateway.model.job import Job
from gateway.model.lifecycle import TERMINAL, JobEvent
from gateway.model.notification import NotificationKind
from gateway.model.number import FaxNumber
from gateway.ports.blobs import Blobs
from gateway.ports.clock import Clock
from gateway.ports.destinations import Destinations
from gateway.ports.job_store import JobStore, Outcome
from gateway.ports.page_views import PageViews
from gateway.sending.call_log import CallLog
from gateway.sending.channels import Channels, is_trunk_failure
from gateway.sending.judging import Judge
from gateway.sending.lessons import Lessons
from gateway.sending.pages import OutgoingPages
from gateway.stage import answer
from telephony import Disposition, FaxEngine, SendOrder, Transmission, Trunk
from telephony.errors import EngineClosed, UnreadablePages

_log = logging.getLogger("faxgw.sending")

_RECORD_AGAIN = (0.2, 1.0, 5.0)  # seconds to the next try; the last one for ever


#: A job's pages with one more behind those that arrived, and how many they are; or None for no such page.
Continuation = Callable[[Job, int], Awaitable[tuple[BlobRef, int] | None]]


async def _no_continuation(_job: Job, _arrived: int) -> None:
    return None


class SendingWorker:
    """Calls the number of a job."""

    def __init__(
        self,
        *,
        engine: FaxEngine,
        jobs: JobStore,
        blobs: Blobs,
        views: PageViews,
        destinations: Destinations,
        trunks: Sequence[Trunk],
        section: SendingSection,
        clock: Clock,
        scratch: Path,
        retry: Mapping[str, RetrySection] | None = None,
        dialled: Callable[[FaxNumber, str], str] = lambda number, _: str(number),
        continuation: Continuation = _no_continuation,
    ) -> None:
        self._continuation = continuation
        self._dialled = dialled
        self._engine = engine
        self._jobs = jobs
        self._clock = clock
        self._section = section
        self._channels = Channels(trunks, engine.is_up)
        self._trunks = {trunk.name: trunk for trunk in trunks}
        self._pages = OutgoingPages(blobs=blobs, views=views, section=section, clock=clock, scratch=scratch)
        self._lessons = Lessons(destinations, jobs, section.remember)
        self._judge = Judge(jobs=jobs, clock=clock, section=section, retry=retry or {})

    @property
    def channels(self) -> int:
        """Calls that are possible at once."""
        return self._channels.total

    async def work(self, job: Job) -> None:
        """One call was made for the job, and what it means is recorded."""
        if 0 < job.page_count <= job.pages_confirmed:
            _tell(await self._jobs.record(job, JobEvent.PAGES_CONFIRMED, _arrived_before(job)))
            return
        await self._judge.check(job)
        if rest := self._judge.rest(job):
            waits = Outcome(due_in=rest, trace=f"It waits for {rest}, until the quiet hours are over.")
            await self._jobs.record(job, JobEvent.WAS_POSTPONED, waits)
            return
        lessons = await self._lessons.about(job)
        with self._channels.taken(preferred=job.options.trunk) as trunk:
            async with self._pages.of(job, standard=wants_standard(lessons)) as pages:
                fault = await self._call(job, trunk, pages, lessons)
        if fault is not None:
            raise fault

    async def _call(
        self, job: Job, trunk: Trunk, pages: Path, lessons: Collection[Lesson]
    ) -> BaseException | None:
        """The call is over and recorded; returns what is wrong with ourselves, if anything is."""
        order = SendOrder(
            number=self._dialled(job.number, trunk.name),
            pages=pages,
            trunk=adapted(trunk, lessons),
            first_page=job.pages_confirmed + 1,
            local_id=self._pages.station_id(job),
            caller_number=(job.sender.caller_number if job.sender else "") or self._section.caller_number,
            caller_name=job.sender.name if job.sender else "",
        )
        attempt_id = await self._jobs.open_attempt(job, trunk=trunk.name, first_page=order.first_page)
        faxlog.attempt_started(job, attempt=attempt_id, trunk=trunk.name, first_page=order.first_page)
        call = CallLog(attempt_id, job_id=job.id, trunk=trunk.name, jobs=self._jobs, clock=self._clock)
        transmission, fault = await self._dial_until_a_trunk_takes_it(job, order, call, lessons)
        await _uninterrupted(self._end(job, call, transmission, fault, lessons))
        return fault

    async def _dial_until_a_trunk_takes_it(
        self, job: Job, order: SendOrder, call: CallLog, lessons: Collection[Lesson]
    ) -> tuple[Transmission, BaseException | None]:
        """The call, over the next trunk when one could not take it; no far end was rung more than once."""
        tried, story = [order.trunk.name], ""
        transmission, fault = await self._dial(order, call)
        while fault is None and is_trunk_failure(transmission):
            story += f"{transmission.trunk}: {transmission.detail or transmission.disposition}; "
            if self._channels.next_trunk(tried) is None:
                break
            with self._channels.taken(tried) as trunk:
                tried.append(trunk.name)
                faxlog.trunk_failed(
                    job, attempt=call.attempt_id, trunk=transmission.trunk, next_trunk=trunk.name
                )
                number = self._dialled(job.number, trunk.name)
                again = replace(order, trunk=adapted(trunk, lessons), number=number)
                transmission, fault = await self._dial(again, call)
        if len(tried) > 1:
            over = "" if is_trunk_failure(transmission) else f"{transmission.trunk}: {transmission.detail}"
            transmission = replace(transmission, detail=(story + over).removesuffix("; ").removesuffix(": "))
        return transmission, fault

    async def _dial(self, order: SendOrder, call: CallLog) -> tuple[Transmission, BaseException | None]:
        try:
            return await self._engine.send(order, call.hear), None
        except UnreadablePages as error:
            return call.broken_off(Disposition.BAD_DOCUMENT, str(error)), None
        except EngineClosed as error:
            return call.broken_off(Disposition.CANCELLED, str(error)), None
        except asyncio.CancelledError as stop:
            return call.broken_off(Disposition.CANCELLED, "The gateway hung up to stop."), stop
        except Exception as error:  # noqa: BLE001 - the stage holds the job; its confirmed pages are kept
            return call.broken_off(Disposition.CANCELLED, f"{type(error).__name__}: {error}"[:500]), error

    async def _end(
        self,
        job: Job,
        call: CallLog,
        transmission: Transmission,
        fault: BaseException | None,
        lessons: Collection[Lesson],
    ) -> None:
        """The journal is complete and the end recorded, however long the store is away.

        The call cannot be repeated, so nothing but the death of the process ends the waiting.
        """
        await call.close()
        faxlog.attempt_ended(
            job,
            attempt=call.attempt_id,
            disposition=transmission.disposition,
            pages_confirmed=transmission.pages_confirmed,
            duration=transmission.duration,
            sip_status=transmission.sip_status,
            detail=transmission.detail,
        )
        for pause in chain(_RECORD_AGAIN, repeat(_RECORD_AGAIN[-1])):
            try:
                if isinstance(fault, Exception):
                    held = Outcome(transmission=transmission, trace=transmission.detail)
                    await self._jobs.record(job, JobEvent.WAS_HELD, held)
                else:
                    event, outcome = await self._judge.outcome(job, transmission, lessons)
                    trunk = self._trunks[transmission.trunk]
                    await self._lessons.learn(job, transmission, trunk, lessons, event)
                    if event is JobEvent.ATTEMPT_FAILED and transmission.pages_confirmed:
                        outcome = await self._explained(job, transmission.pages_confirmed, outcome)
                    _tell(await self._jobs.record(job, event, outcome))
                return
            except StoreUnavailable as error:
                _log.error("job %s: the end of its call is not recorded yet: %s", job.id, error)
                await asyncio.sleep(pause)

    async def _explained(self, job: Job, arrived: int, outcome: Outcome) -> Outcome:
        """The outcome, with a page that tells the recipient why the next call begins in the middle."""
        made = await self._continuation(job, job.pages_confirmed + arrived)
        if made is None:
            return outcome
        return replace(outcome, pages=made[0], page_count=made[1], shared=False)


async def _uninterrupted(work: Awaitable[None]) -> None:
    """The work is done, also when this task is cancelled meanwhile; the cancellation follows then."""
    task = asyncio.ensure_future(work)
    stop: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            stop = error
    task.result()
    if stop is not None:
        raise stop


def _arrived_before(job: Job) -> Outcome:
    """What it means that a node died after the last page was confirmed, and before it could say so."""
    return Outcome(
        notifications=answer(job, NotificationKind.DELIVERED),
        trace=f"All {job.page_count} pages had been confirmed before.",
    )


def _tell(job: Job) -> None:
    if job.state in TERMINAL:
        faxlog.job_finished(job)
