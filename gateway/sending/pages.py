"""The pages of a job as one call sends them: as fine and wide as the machine takes, with header lines."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.config.schema import SendingSection
from gateway.errors import InvariantError
from gateway.model.job import Job
from gateway.ports.blobs import Blobs
from gateway.ports.clock import Clock
from gateway.ports.page_views import PageViews
from gateway.sending.header import HeaderLine
from telephony.page_file import whole_pages

_A4_WIDTH = 1728  # dots in a line (ITU-T T.4 table 1)
_ID_LENGTH = 20  # characters of a TSI (ITU-T T.30 5.3.6.2.4)


@dataclass(frozen=True, slots=True)
class Sheets:
    """The files of one call."""

    pages: Path
    narrow: Path | None  #: where some are wider than A4: all of them for a machine that knows A4 only


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
    async def of(self, job: Job, *, finest: int | None) -> AsyncIterator[Sheets]:
        """All pages of the job, numbered as in the document; none with more than `finest` lines per inch."""
        if job.pages is None:
            raise InvariantError("A job without pages was to be sent.")
        async with self._blobs.file(job.pages) as kept:
            with TemporaryDirectory(dir=self._scratch, prefix="call-") as name:
                folder, pages, narrow = Path(name), kept, None
                if finest is not None:  # before the header line, which is drawn anew for each resolution
                    pages = folder / "coarse.tif"
                    await self._views.coarsened(kept, pages, finest)
                if any(page.width > _A4_WIDTH for page in await asyncio.to_thread(whole_pages, pages)):
                    narrow = folder / "narrow.tif"
                    await self._views.narrowed(pages, narrow)
                    narrow = await self._stamped(job, narrow, folder / "narrow-pages.tif")
                yield Sheets(await self._stamped(job, pages, folder / "pages.tif"), narrow)

    async def _stamped(self, job: Job, pages: Path, stamped: Path) -> Path:
        """The pages with their header lines, if the job gets any."""
        lines = self._header.lines(
            station_id=self.station_id(job),
            sender=_sender_line(job),
            number=str(job.number),
            page_count=job.page_count,
            at=self._clock.now(),
        )
        if not lines:
            return pages
        await self._views.stamp_header(pages, stamped, lines)
        return stamped

    def station_id(self, job: Job) -> str:
        """The TSI of the call: the sender's own, or ours."""
        own = job.sender.station_id if job.sender else ""
        return (own or self._section.station_id)[:_ID_LENGTH]


def _sender_line(job: Job) -> str:
    """The sender in the header line: as the mail asks for it, else his name."""
    if job.options.header is not None:
        return job.options.header
    return job.sender.name or job.sender.mail if job.sender else ""
