"""resolved -> rendered: what the sender wrote and attached becomes fax pages, once per submission.

The jobs of a submission go to different numbers with the same pages: whoever comes second takes what the
first one made; those who asked for another resolution, what the first of them made in this process. What
cannot become pages fails the job, and its sender reads which document it was, why, and what to do.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import ClassVar

from gateway import faxlog
from gateway.config.schema import RenderingSection
from gateway.errors import DocumentRejected, PermanentError
from gateway.model.allowance import APPROVAL_NEEDED, Demand
from gateway.model.ids import BlobRef, SubmissionId
from gateway.model.job import Failure, Job
from gateway.model.lifecycle import JobEvent
from gateway.model.notification import NewNotification, NotificationKind
from gateway.model.submission import Submission
from gateway.model.tariff import call_time
from gateway.ports.blobs import Blobs
from gateway.ports.job_store import JobStore, Outcome
from gateway.rendering.covers.maker import CoverMaker
from gateway.rendering.covers.templates import CoverFailed
from gateway.rendering.page_maker import Incomplete, PageMaker, Renderer, notes_on
from gateway.rendering.partial import PartlySent, failure_in
from gateway.rendering.unpack import unpack
from gateway.stage import answer, refusal
from renderers import Profile, RenderError

_log = logging.getLogger("faxgw.rendering")

#: What stands against a job of so many pages, whose call takes so long; None when nothing does.
Allowance = Callable[[Job, int, timedelta], Awaitable[PermanentError | Demand | None]]

_LONGEST_TRACE = 2000  # characters
_MOST_KEPT = 100  # mails whose pages in a resolution of their own are known
_THERE_ALREADY = "the pages were there already"
_TYPICAL_PAGE = 40_000  # bytes


class NothingToFax(DocumentRejected):
    """There is nothing to fax in this mail."""

    code: ClassVar[str] = "nothing-to-fax"
    remedy: ClassVar[str] = "Write a text or attach a document."


@dataclass(frozen=True, slots=True)
class _Made:
    """The pages of a mail in the store."""

    pages: BlobRef
    page_count: int
    failure: Failure | None = None  #: what is missing in them
    notes: tuple[str, ...] = ()  #: what was decided on the way
    call: timedelta = timedelta(0)  #: how long the call will take, by estimate
    body: BlobRef | None = None  #: the pages without the cover page, when there is one
    body_page_count: int = 0
    not_done: tuple[str, ...] = ()  #: what the sender asked for in vain


class RenderingWorker:
    """Gives a resolved job its pages."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        blobs: Blobs,
        renderer: Renderer,
        profile: Profile,
        scratch: Path,
        section: RenderingSection | None = None,
        allowance: Allowance | None = None,
        codes: Collection[str] = (),
        covers: CoverMaker | None = None,
        cover_or_nothing: bool = False,
    ) -> None:
        """`cover_or_nothing` fails a job whose cover page cannot be made; otherwise it is held."""
        self._covers = covers
        self._cover_or_nothing = cover_or_nothing
        self._allowance = allowance
        self._codes = codes
        self._special: dict[tuple[SubmissionId, str], _Made] = {}
        self._jobs = jobs
        self._blobs = blobs
        self._profile = profile
        self._scratch = scratch
        self._section = section or RenderingSection()
        self._maker = PageMaker(renderer, self._section.on_partial)

    async def work(self, job: Job) -> None:
        """The job is rendered, or its sender is told why not, or it is held for a person."""
        if job.pages is not None and job.pages_confirmed:
            # The next call begins behind the pages that arrived: they must stay the same ones.
            await self._jobs.record(
                job, JobEvent.PAGES_RENDERED, Outcome(trace="The pages stay as they are.")
            )
            return
        if job.options.poll:
            await self._without_pages(job)
            return
        started = monotonic()
        submission = await self._jobs.submission(job.submission_id)
        special = self._asked_for(job.options.resolution)
        try:
            if special is not None:
                made = await self._specially_made(special, job, submission)
            elif submission.pages is not None:
                made = await self._taken_over(submission.pages, submission.page_count)
            else:
                made = await self._render(job, submission)
            # The pages are kept, so that the other jobs of the mail need not make them again to know.
            found = _outcome(made, shared=special is None)
            if await self._is_stopped(job, found, made.page_count, made.call):
                return
            made = await self._covered(job, submission, made)
        except (RenderError, NothingToFax) as error:
            await self._refuse(job, error)
            return
        except Incomplete as error:
            await self._hold(job, error)
            return
        except CoverFailed as error:
            if self._cover_or_nothing:
                await self._refuse(job, error)
            else:
                await self._hold(job, error)
            return
        took = timedelta(seconds=monotonic() - started)
        faxlog.rendered(job, pages=made.page_count, took=took)
        first = f"{made.page_count} pages in {took.total_seconds():.1f} s"
        call = f"the call will take about {made.call.total_seconds():.0f} s"
        trace = "; ".join((first, call, *made.notes))[:_LONGEST_TRACE]
        outcome = replace(_outcome(made, shared=special is None), trace=f"{trace}.")
        if made.not_done:
            not_done = tuple(dict.fromkeys((*job.options.not_done, *made.not_done)))
            outcome = replace(outcome, options=replace(job.options, not_done=not_done))
        await self._jobs.record(job, JobEvent.PAGES_RENDERED, outcome)

    async def _without_pages(self, job: Job) -> None:
        """Of a fax that is fetched nobody knows the pages yet: it counts as one."""
        outcome = Outcome(page_count=1, trace="A fax is fetched: there is nothing to make pages of.")
        if not await self._is_stopped(job, outcome, 1, call_time(_TYPICAL_PAGE, 1)):
            await self._jobs.record(job, JobEvent.PAGES_RENDERED, outcome)

    def _asked_for(self, resolution: str) -> "RenderingWorker | None":
        """One that renders in this resolution, or None when that is what we do anyway."""
        if not resolution or (wanted := Profile.of(resolution)).is_like(self._profile):
            return None
        special = copy(self)
        special._profile = replace(self._profile, resolution=wanted.resolution, by_content=wanted.by_content)
        return special

    async def _specially_made(self, special: "RenderingWorker", job: Job, submission: Submission) -> "_Made":
        """The pages in the resolution that was asked for, rendered once for all jobs of the mail."""
        key = (submission.id, job.options.resolution)
        if key in self._special:
            return replace(self._special[key], notes=(_THERE_ALREADY,))
        made = await special._render(job, submission)
        self._special[key] = made
        while len(self._special) > _MOST_KEPT:
            del self._special[next(iter(self._special))]
        return made

    async def _taken_over(self, pages: BlobRef, page_count: int) -> "_Made":
        """The pages that another job of the mail made, and what it found missing."""
        async with self._blobs.file(pages) as file:
            failure = await asyncio.to_thread(failure_in, file)
            call = call_time(file.stat().st_size, page_count)
        return _Made(pages, page_count, failure, (_THERE_ALREADY,), call)

    async def _covered(self, job: Job, submission: Submission, body: "_Made") -> "_Made":
        """The pages with the cover page that this job gets, if it gets one.

        Raises:
            CoverFailed: it cannot be made.
        """
        if self._covers is None:
            return body
        with TemporaryDirectory(dir=self._scratch, prefix="cover-") as name:
            async with self._blobs.file(body.pages) as pages, self._blobs.file(submission.message) as message:
                covered = await self._covers.put_before(pages, job, message, Path(name))
            notes = (*body.notes, covered.note) if covered.note else body.notes
            if covered.pages is None:
                return replace(body, notes=notes, not_done=covered.not_done)
            size, count = covered.pages.path.stat().st_size, covered.pages.page_count
            ref = await self._blobs.put(covered.pages.path)
        return replace(
            body,
            pages=ref,
            page_count=count,
            notes=notes,
            call=call_time(size, count),
            body=body.pages,
            body_page_count=body.page_count,
            not_done=covered.not_done,
        )

    async def _language_of(self, job: Job, of_mail: str) -> str:
        return await self._covers.language(job, of_mail) if self._covers else of_mail or "en"

    async def _render(self, job: Job, submission: Submission) -> "_Made":
        with TemporaryDirectory(dir=self._scratch, prefix="rendering-") as name:
            folder = Path(name)
            async with self._blobs.file(submission.message) as message:
                mail = await asyncio.to_thread(
                    unpack, message, folder, self._section, self._codes, job.options.without
                )
            if mail.defects:
                _log.info("submission %s: %s", submission.id, "; ".join(mail.defects))
            if not mail.documents:
                raise NothingToFax
            wanted = partial(self._language_of, job, mail.language)
            try:
                pages, failures = await self._maker.pages_of(mail, folder, self._profile, wanted)
            except Incomplete as error:
                if not await self._was_released(job, error):
                    raise
                pages = await self._maker.join(error.rest, folder, self._profile, wanted)
                failures = error.rest.failures
            failure = PartlySent.told(failures) if failures else None
            call = call_time(pages.path.stat().st_size, pages.page_count)
            ref = await self._blobs.put(pages.path)
            return _Made(ref, pages.page_count, failure, (*mail.notes, *notes_on(pages, failures)), call)

    async def _was_released(self, job: Job, error: Incomplete) -> bool:
        """Whether the job was held for the same reason before: who released it wants the rest to be sent."""
        held = str(error)[:_LONGEST_TRACE]
        trace = await self._jobs.trace(job.id)
        return any(entry.event == JobEvent.WAS_HELD and entry.text == held for entry in trace)

    async def _is_stopped(self, job: Job, outcome: Outcome, pages: int, call: timedelta) -> bool:
        """Whether the job was refused, or is held for an approval, now that its pages are known.

        Cover pages are free.
        """
        found = await self._allowance(job, pages, call) if self._allowance else None
        if found is None:
            return False
        if isinstance(found, Demand):
            failure = Failure(APPROVAL_NEEDED, found.why, f"{found.approver} has to approve it.")
            asked = NewNotification(NotificationKind.APPROVAL, found.approver, job_id=job.id)
            owed = (asked, *answer(job, NotificationKind.DELAYED))
            trace = f"{found.why} {found.approver} was asked."
            faxlog.held(job, trace)
            held = replace(outcome, failure=failure, notifications=owed, trace=trace)
            await self._jobs.record(job, JobEvent.WAS_HELD, held)
            return True
        failure = Failure(found.code, str(found), found.remedy)
        faxlog.render_failed(job, failure)
        told = refusal(job, failure)
        refused = replace(outcome, failure=failure, notifications=told.notifications, trace=told.trace)
        faxlog.job_finished(await self._jobs.record(job, JobEvent.REFUSED, refused))
        return True

    async def _hold(self, job: Job, error: Incomplete | CoverFailed) -> None:
        faxlog.held(job, str(error))
        is_senders = isinstance(error, Incomplete) and not job.options.summary  # one answer is owed for those
        told = answer(job, NotificationKind.DELAYED) if is_senders else ()
        failure = error.failure if isinstance(error, Incomplete) else _told(error)
        outcome = Outcome(failure=failure, notifications=told, trace=str(error)[:_LONGEST_TRACE])
        await self._jobs.record(job, JobEvent.WAS_HELD, outcome)

    async def _refuse(self, job: Job, error: RenderError | NothingToFax | CoverFailed) -> None:
        failure = _told(error)
        if isinstance(error, RenderError):
            _log.info("job %s: %s %s", job.id, error.sentence, error.detail)
        faxlog.render_failed(job, failure)
        faxlog.job_finished(await self._jobs.record(job, JobEvent.REFUSED, refusal(job, failure)))


def _told(error: RenderError | PermanentError) -> Failure:
    return Failure(error.code, error.sentence if isinstance(error, RenderError) else str(error), error.remedy)


def _outcome(made: _Made, *, shared: bool) -> Outcome:
    return Outcome(
        pages=made.pages,
        page_count=made.page_count,
        shared=shared,
        body=made.body,
        body_page_count=made.body_page_count,
        failure=made.failure,
    )
