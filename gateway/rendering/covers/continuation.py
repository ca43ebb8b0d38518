"""The page that explains the rest of a fax whose call broke off: put behind the pages that arrived."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from gateway.config.schema import CoverSection
from gateway.model.ids import BlobRef
from gateway.model.job import Job
from gateway.ports.blobs import Blobs
from gateway.ports.clock import Clock
from gateway.rendering.covers.fields import fields_of
from gateway.rendering.covers.templates import NONE, CoverFailed, Templates, fill
from gateway.rendering.page_maker import Renderer
from renderers import Profile, RenderError, read_fax_pages
from renderers.joining import insert

_log = logging.getLogger("faxgw.rendering")


class ContinuationMaker:
    """Makes continuation pages. What goes wrong with one is logged: the rest of the fax goes without it."""

    def __init__(
        self,
        *,
        section: CoverSection,
        renderer: Renderer,
        blobs: Blobs,
        clock: Clock,
        scratch: Path,
        timezone: str = "",
        profile: Profile | None = None,
    ) -> None:
        self._profile = profile or Profile()
        self._section = section
        self._renderer = renderer
        self._blobs = blobs
        self._clock = clock
        self._scratch = scratch
        self._zone = ZoneInfo(timezone) if timezone else None
        self._templates = Templates(section.folder)

    async def __call__(self, job: Job, arrived: int) -> tuple[BlobRef, int] | None:
        """The job's pages with one more behind the `arrived` first ones, and how many they are.

        None when there is to be no such page, or it cannot be made.
        """
        if self._section.continuation == NONE or job.pages is None:
            return None
        try:
            with TemporaryDirectory(dir=self._scratch, prefix="continuation-") as name:
                return await self._made(replace(job, pages_confirmed=arrived), job.pages, Path(name))
        except (CoverFailed, RenderError, OSError) as error:
            _log.warning("job %s goes on without a continuation page: %s", job.id, error)
            return None

    async def _made(self, job: Job, pages: BlobRef, folder: Path) -> tuple[BlobRef, int]:
        template = self._templates.find(self._section.continuation, self._section.language)
        if template is None:
            raise CoverFailed(f'There is no cover page "{self._section.continuation}".')
        now = self._clock.now().astimezone(self._zone)
        fields = fields_of(job, None, subject="", at=now, pages=job.page_count, section=self._section)
        async with self._blobs.file(pages) as fax:
            resolution = (await asyncio.to_thread(read_fax_pages, fax)).resolution
            document = fill(template, fields, folder)
            page = folder / "continuation.tif"
            profile = replace(self._profile, resolution=resolution, by_content=False, drop_blank=False)
            await self._renderer.render([document], profile, page)
            joined = await asyncio.to_thread(
                insert, fax, page, folder / "pages.tif", after=job.pages_confirmed
            )
        return await self._blobs.put(joined.path), joined.page_count
