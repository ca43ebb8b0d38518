"""The pages of a job as one call sends them: at the resolution the machine takes, with their header lines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.config.schema import SendingSection
from gateway.errors import InvariantError
from gateway.model.job import Job
from gateway.ports.blobs import Blobs
from gateway.ports.clock import Clock
from gateway.ports.page_views import PageViews
from gateway.sending.header import HeaderLine

_ID_LENGTH = 20  # characters of a TSI (ITU-T T.30 5.3.6.2.4)


class OutgoingPages:
    """Makes them in a folder of their own, which is gone after the call."""

    def __init__(
        self, *, blobs: Blobs, views: PageViews, section: SendingSection, clock: Clock, scratch: Path
    ) -> None:
        self._blobs = blobs
        self._views = views
        self._section = section
        self._clock = clock
        self._scratch = scratch
        self._header = HeaderLine(section.header, section.timezone)

    @asynccontextmanager
    async def of(self, job: Job, *, standard: bool) -> AsyncIterator[Path]:
        """All pages of the job, numbered as in the document; at 98 lines per inch when they must be."""
        if job.pages is None:
            raise InvariantError("A job without pages was to be sent.")
        lines = self._header.lines(
            station_id=self.station_id(job),
            sender=_sender_line(job),
            number=str(job.number),
            page_count=job.page_count,
            at=self._clock.now(),
        )
        async with self._blobs.file(job.pages) as kept:
            with TemporaryDirectory(dir=self._scratch, prefix="call-") as folder:
                pages = kept
                if standard:  # before the header line, which is drawn anew for each resolution
                    pages = Path(folder) / "standard.tif"
                    await self._views.at_standard(kept, pages)
                if lines:
                    stamped = Path(folder) / "pages.tif"
                    await self._views.stamp_header(pages, stamped, lines)
                    pages = stamped
                yield pages

    def station_id(self, job: Job) -> str:
        """The TSI of the call: the sender's own, or ours."""
        own = job.sender.station_id if job.sender else ""
        return (own or self._section.station_id)[:_ID_LENGTH]


def _sender_line(job: Job) -> str:
    """The sender in the header line: as the mail asks for it, else his name."""
    if job.options.header is not None:
        return job.options.header
    return job.sender.name or job.sender.mail if job.sender else ""
