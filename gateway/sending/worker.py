"""rendered, deferred -> delivered, or called again later, or failed.

One call for one job, in this order, because the process may die between any two steps:
1. What is known about the number is looked up; the pages are made as its machine takes them, with a page that
   explains the rest of a broken fax.
2. The attempt is written, durably. From here on the job is in doubt until the end is recorded.
3. The call. Every confirmed page goes into the attempt's journal while the call goes on.
4. The end is recorded: the attempt, the job and the mail to the sender, in one transaction.

A call that follows a broken one begins with the first page that was not confirmed.

A job that fetches a fax (polling) is called in the same way, but what comes is kept by the inbox before the
end is recorded: who dies between the two finds it there.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import TypedDict

from gateway import faxlog
from gateway.config.schema import RetrySection, SendingSection
from gateway.errors import InvariantError, StoreUnavailable
from gateway.model.destination import Lesson, adapted, finest
from gateway.model.ids import BlobRef
from gateway.model.job import Job
from gateway.model.lifecycle import TERMINAL, JobEvent
from gateway.model.number import FaxNumber
from gateway.ports.blobs import Blobs
from gateway.ports.clock import Clock
from gateway.ports.destinations import Destinations
from gateway.ports.inbox import Inbox
from gateway.ports.job_store import JobStore, Outcome
from gateway.ports.page_views import PageViews
from gateway.sending.call_log import CallLog
from gateway.sending.channels import Channels
from gateway.sending.dialling import Dialler
from gateway.sending.judging import Judge, arrived_before, fetched_before
from gateway.sending.lessons import Lessons
from gateway.sending.pages import OutgoingPages, Sheets
from telephony import FaxEngine, PollOrder, SendOrder, Transmission, Trunk

_log = logging.getLogger("faxgw.sending")


class _Who(TypedDict):
    number: str
    trunk: Trunk
    local_id: str
    caller_number: str
    caller_name: str
    tones: str


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
        inbox: Inbox | None = None,
    ) -> None:
        self._continuation = continuation
        self._inbox = inbox
        self._dialled = dialled
        self._jobs = jobs
        self._clock = clock
        self._section = section
        self._channels = Channels(trunks, engine.is_up, engine.rest_of)
        self._dialler = Dialler(engine, self._channels, dialled)
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
            _tell(await self._jobs.record(job, JobEvent.PAGES_CONFIRMED, arrived_before(job)))
            return
        if job.options.poll and self._inbox and (fetched := await self._inbox.pages_fetched(job.id)):
            _tell(await self._jobs.record(job, JobEvent.PAGES_CONFIRMED, fetched_before(job, fetched)))
            return
        await self._judge.check(job)
        if rest := self._judge.rest(job):
            waits = Outcome(due_in=rest, trace=f"It waits for {rest}, until the quiet hours are over.")
            await self._jobs.record(job, JobEvent.WAS_POSTPONED, waits)
            return
        lessons = await self._lessons.about(job)
        with self._channels.taken(preferred=job.options.trunk) as trunk:
            if job.options.poll:
                fault = await self._poll(job, trunk, lessons)
                if fault is not None:
                    raise fault
                return
            longer = await self._explained(job)
            if longer is not None:
                job = replace(job, pages=longer[0], page_count=longer[1])
            async with self._pages.of(job, finest=finest(lessons)) as sheets:
                fault = await self._call(job, trunk, sheets, lessons, longer=longer)
        if fault is not None:
            raise fault

    async def _call(
        self,
        job: Job,
        trunk: Trunk,
        sheets: Sheets,
        lessons: Collection[Lesson],
        *,
        longer: tuple[BlobRef, int] | None,
    ) -> BaseException | None:
        """The call is over and recorded; returns what is wrong with ourselves, if anything is."""
        order = SendOrder(
            pages=sheets.pages,
            narrow=sheets.narrow,
            first_page=job.pages_confirmed + 1,
            sub_address=job.options.sub_address,
            **self._who_calls(job, trunk, lessons),
        )
        call = await self._open(job, order, pages=longer)
        transmission, fault = await self._dialler.until_a_trunk_takes_it(job, order, call, lessons)
        await _uninterrupted(self._end(job, call, transmission, fault, order=order, lessons=lessons))
        return fault

    async def _poll(self, job: Job, trunk: Trunk, lessons: Collection[Lesson]) -> BaseException | None:
        """As `_call`, for a fax that is fetched."""
        if self._inbox is None:
            raise InvariantError("There is no inbox for a fax that is to be fetched.")
        call: CallLog | None = None
        fault: BaseException | None = None
        order = PollOrder(
            pages=Path(),
            sub_address=job.options.sub_address,
            password=job.options.poll_password,
            **self._who_calls(job, trunk, lessons),
        )

        async def fetched_into(spool: Path) -> Transmission:
            nonlocal call, fault
            call = await self._open(job, order)
            into = replace(order, pages=spool)
            transmission, fault = await self._dialler.until_a_trunk_takes_it(job, into, call, lessons)
            return transmission

        transmission = await self._inbox.fetch(job, fetched_into)
        assert call is not None  # the call is over
        await _uninterrupted(self._end(job, call, transmission, fault, order=order, lessons=lessons))
        return fault

    def _who_calls(self, job: Job, trunk: Trunk, lessons: Collection[Lesson]) -> _Who:
        """What every call says, whichever way its pages go."""
        return {
            "number": self._dialled(job.number, trunk.name),
            "trunk": adapted(trunk, lessons),
            "local_id": self._pages.station_id(job),
            "caller_number": (job.sender.caller_number if job.sender else "") or self._section.caller_number,
            "caller_name": job.sender.name if job.sender else "",
            "tones": job.options.tones,
        }

    async def _open(
        self, job: Job, order: SendOrder | PollOrder, *, pages: tuple[BlobRef, int] | None = None
    ) -> CallLog:
        """The attempt is written, and its journal begun."""
        fetches = isinstance(order, PollOrder)
        first_page = 1 if isinstance(order, PollOrder) else order.first_page
        trunk = order.trunk.name
        attempt_id = await self._jobs.open_attempt(job, trunk=trunk, first_page=first_page, pages=pages)
        faxlog.attempt_started(job, attempt=attempt_id, trunk=trunk, first_page=first_page)
        return CallLog(
            attempt_id, job_id=job.id, trunk=trunk, jobs=self._jobs, clock=self._clock, fetches=fetches
        )

    async def _end(
        self,
        job: Job,
        call: CallLog,
        transmission: Transmission,
        fault: BaseException | None,
        *,
        order: SendOrder | PollOrder,
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
                    used = adapted(self._trunks[transmission.trunk], lessons)
                    await self._lessons.learn(job, transmission, used, order, event)
                    _tell(await self._jobs.record(job, event, outcome))
                return
            except StoreUnavailable as error:
                _log.error("job %s: the end of its call is not recorded yet: %s", job.id, error)
                await asyncio.sleep(pause)

    async def _explained(self, job: Job) -> tuple[BlobRef, int] | None:
        """The pages with one more that tells the recipient why this call begins in the middle; None: no need.

        Only behind a call that brought pages, however it ended: else the explanation is there already.
        """
        if not job.pages_confirmed:
            return None
        earlier = await self._jobs.attempts(job.id)
        if not earlier or not earlier[-1].pages_confirmed:
            return None
        return await self._continuation(job, job.pages_confirmed)


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


def _tell(job: Job) -> None:
    if job.state in TERMINAL:
        faxlog.job_finished(job)
