"""The cover page of a job, put before the pages that all jobs of its mail share."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.config.schema import CoverSection
from gateway.model.job import Job
from gateway.model.options import ON_COVERS, JobOptions
from gateway.model.permission import Rules
from gateway.model.sender import Person
from gateway.ports.clock import Clock
from gateway.ports.directory import Directory
from gateway.rendering.covers.choice import NONE, Choice, choose
from gateway.rendering.covers.fields import CoverFields, fields_of
from gateway.rendering.covers.templates import CoverFailed, Template, Templates, fill, primary
from gateway.rendering.facts import facts_of
from gateway.rendering.page_maker import PageMaker, Renderer
from renderers import (
    FaxPages,
    Profile,
    RenderError,
    SourceDocument,
    read_description,
    read_fax_pages,
)

_log = logging.getLogger("faxgw.rendering")

_HEADER_SIZE = 256 * 1024  # bytes of a message in which its subject is looked for
_MOST_COVER_PAGES = 5


@dataclass(frozen=True, slots=True)
class Covered:
    """What became of the wish for a cover page."""

    pages: FaxPages | None  #: cover and document; None when there is no cover page
    note: str = ""  #: for the job's trace
    not_done: tuple[str, ...] = ()  #: what the sender asked for in vain
    why: str = ""  #: who wanted no cover page


class CoverMaker:
    """Makes cover pages as the configuration and the senders want them."""

    def __init__(
        self,
        *,
        section: CoverSection,
        renderer: Renderer,
        clock: Clock,
        rules: Rules | None = None,
        directory: Directory | None = None,
        timezone: str = "",
        profile: Profile | None = None,
    ) -> None:
        self._profile = profile or Profile()
        self._section = section
        self._maker = PageMaker(renderer, "fail")
        self._clock = clock
        self._rules = rules or Rules()
        self._directory = directory
        self._zone = ZoneInfo(timezone) if timezone else None
        self._templates = Templates(section.folder)

    async def put_before(self, body: Path, job: Job, message: Path, folder: Path) -> Covered:
        """The cover page of the job and the pages in `body` as one TIFF class F in `folder`.

        Raises:
            CoverFailed: it cannot be made, and the site wants no fax without it.
            DirectoryUnavailable: it cannot be said now who the sender is.
        """
        person = await self._directory.find(job.sender.mail) if self._directory and job.sender else None
        header = _beginning(message)
        languages = [person.language if person else "", facts_of(header).language, self._section.language]
        choice, template, not_done = self._chosen(job, person, [name for name in languages if name])
        if choice.name == NONE:
            return Covered(None, "", (*not_done, *_in_vain(job.options)), choice.why)
        try:
            if template is None:
                raise CoverFailed(f'There is no cover page "{choice.name}" ({choice.why}).')
            fields = fields_of(
                job,
                person,
                subject=facts_of(header).subject,
                at=self._now(),
                pages=read_fax_pages(body).page_count + 1,
                section=self._section,
            )
            spoken = template.language or next(primary(name) for name in languages if name)
            pages = await self._joined(template, replace(fields, language=spoken), body, folder)
        except CoverFailed as error:
            if self._section.on_failure != "send_without":
                raise
            _log.warning("job %s goes without a cover page: %s", job.id, error)
            return Covered(None, f"without a cover page: {str(error).rstrip('.')}", not_done)
        return Covered(pages, f"cover page {template.path.name} ({choice.why})", not_done)

    async def language(self, job: Job, of_mail: str) -> str:
        """What the sender speaks: as the directory says, else his mail, else the configuration.

        Raises:
            DirectoryUnavailable: it cannot be said now.
        """
        person = await self._directory.find(job.sender.mail) if self._directory and job.sender else None
        return primary((person.language if person else "") or of_mail or self._section.language)

    def _chosen(
        self, job: Job, person: Person | None, languages: Sequence[str]
    ) -> tuple[Choice, Template | None, tuple[str, ...]]:
        """Who chose which template; a name that only the sender knows is not done."""
        sender = job.sender.mail if job.sender else ""
        permission = self._rules.of(person or Person(sender))

        def chosen(wish: str) -> tuple[Choice, Template | None]:
            choice = choose(
                wish=wish,
                number=job.number,
                by_number=self._section.by_number,
                sender=sender,
                by_sender=self._section.by_sender,
                permission=permission,
                default=self._section.template,
            )
            return choice, self._templates.find(choice.name, *languages)

        wish = job.options.cover
        choice, template = chosen(wish)
        if template is None and wish not in ("", "on", NONE):
            return *chosen(""), (f"cover={wish}",)
        return choice, template, ()

    async def _joined(self, template: Template, fields: CoverFields, body: Path, folder: Path) -> FaxPages:
        facts = read_fax_pages(body)
        profile = replace(
            self._profile,
            resolution=facts.resolution,
            by_content=False,
            drop_blank=False,
            page_limit=facts.page_count + _MOST_COVER_PAGES,
            description=read_description(body),
        )
        pages = await self._rendered(template, fields, body, profile, folder)
        if pages.page_count != fields.pages:  # a long note: the cover page says how many pages there are
            told = replace(fields, pages=pages.page_count)
            pages = await self._rendered(template, told, body, profile, folder)
        return pages

    async def _rendered(
        self, template: Template, fields: CoverFields, body: Path, profile: Profile, folder: Path
    ) -> FaxPages:
        documents = [fill(template, fields, folder), SourceDocument("pages.tif", body, "image/tiff")]
        out = folder / "covered.tif"
        try:
            return await self._maker.render(documents, profile, out)
        except RenderError as error:
            _log.warning("%s %s", error.sentence, error.detail)
            raise CoverFailed(f"The cover page {template.path.name}: {error.sentence}") from error

    def _now(self) -> datetime:
        return self._clock.now().astimezone(self._zone)


def _in_vain(options: JobOptions) -> tuple[str, ...]:
    """What would have stood on a cover page."""
    return tuple(f"{name}={value}"[:60] for name in ON_COVERS if (value := getattr(options, name)))


def _beginning(message: Path) -> bytes:
    with message.open("rb") as file:
        return file.read(_HEADER_SIZE)
