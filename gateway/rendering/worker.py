"""resolved -> rendered: what the sender wrote and attached becomes fax pages, once per submission.

The jobs of a submission go to different numbers with the same pages: whoever comes second takes what the
first one made. What cannot become pages fails the job, and its sender reads which document it was, why, and
what to do.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import ClassVar, Protocol

from gateway import faxlog
from gateway.config.schema import RenderingSection
from gateway.errors import DocumentRejected
from gateway.model.ids import BlobRef
from gateway.model.job import Failure, Job
from gateway.model.lifecycle import JobEvent
from gateway.model.submission import Submission
from gateway.ports.blobs import Blobs
from gateway.ports.job_store import JobStore, Outcome
from gateway.rendering.unpack import unpack
from gateway.stage import refusal
from renderers import ConverterCrashed, FaxPages, Profile, RenderError, SourceDocument

_log = logging.getLogger("faxgw.rendering")


class NothingToFax(DocumentRejected):
    """There is nothing to fax in this mail."""

    code: ClassVar[str] = "nothing-to-fax"
    remedy: ClassVar[str] = "Write a text or attach a document."


class Renderer(Protocol):
    """Turns documents into fax pages."""

    async def render(self, documents: Sequence[SourceDocument], profile: Profile, out: Path) -> FaxPages:
        """All documents as one TIFF class F in `out`, in their order.

        Raises:
            RenderError: which document failed, why, and what its sender can do.
        """
        ...


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
    ) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._renderer = renderer
        self._profile = profile
        self._scratch = scratch
        self._section = section or RenderingSection()

    async def work(self, job: Job) -> None:
        """The job is rendered, or its sender is told why not."""
        started = monotonic()
        submission = await self._jobs.submission(job.submission_id)
        if submission.pages is not None:
            await self._record(job, submission.pages, submission.page_count, "The pages were there already.")
            return
        try:
            pages, page_count, notes = await self._render(submission)
        except (RenderError, NothingToFax) as error:
            await self._refuse(job, error)
            return
        took = timedelta(seconds=monotonic() - started)
        faxlog.rendered(job, pages=page_count, took=took)
        trace = "; ".join((f"{page_count} pages in {took.total_seconds():.1f} s", *notes))
        await self._record(job, pages, page_count, f"{trace}.")

    async def _render(self, submission: Submission) -> tuple[BlobRef, int, tuple[str, ...]]:
        with TemporaryDirectory(dir=self._scratch, prefix="rendering-") as name:
            folder = Path(name)
            async with self._blobs.file(submission.message) as message:
                mail = await asyncio.to_thread(unpack, message, folder, self._section)
            if mail.defects:
                _log.info("submission %s: %s", submission.id, "; ".join(mail.defects))
            if not mail.documents:
                raise NothingToFax
            for fault in mail.faults.values():
                raise fault
            pages = await self._render_twice(mail.documents, folder / "pages.tif")
            return await self._blobs.put(pages.path), pages.page_count, mail.notes

    async def _render_twice(self, documents: Sequence[SourceDocument], out: Path) -> FaxPages:
        """The pages; a crash gets a second chance, for another document may have caused it."""
        try:
            return await self._renderer.render(documents, self._profile, out)
        except ConverterCrashed as error:
            _log.warning("%s Trying once more. %s", error.sentence, error.detail)
            return await self._renderer.render(documents, self._profile, out)

    async def _record(self, job: Job, pages: BlobRef, page_count: int, trace: str) -> None:
        outcome = Outcome(pages=pages, page_count=page_count, trace=trace)
        await self._jobs.record(job, JobEvent.PAGES_RENDERED, outcome)

    async def _refuse(self, job: Job, error: RenderError | NothingToFax) -> None:
        if isinstance(error, RenderError):
            failure = Failure(error.code, error.sentence, error.remedy)
            _log.info("job %s: %s %s", job.id, error.sentence, error.detail)
        else:
            failure = Failure(error.code, str(error), error.remedy)
        faxlog.render_failed(job, failure)
        faxlog.job_finished(await self._jobs.record(job, JobEvent.REFUSED, refusal(job, failure)))
