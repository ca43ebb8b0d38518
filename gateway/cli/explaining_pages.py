"""The pages of a mail that is explained, and its recipients' cover pages: made, counted and thrown away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.config.schema import Config
from gateway.daemon.clock import SystemClock
from gateway.model.ids import JobId, SubmissionId
from gateway.model.job import Job, Sender
from gateway.model.lifecycle import JobState
from gateway.model.options import JobOptions
from gateway.model.permission import longest
from gateway.model.submission import Recipient
from gateway.model.tariff import call_time
from gateway.ports.directory import Directory
from gateway.rendering.covers.maker import CoverMaker
from gateway.rendering.covers.templates import CoverFailed
from gateway.rendering.page_maker import Incomplete, PageMaker, notes_on
from gateway.rendering.profiles import profile_of
from gateway.rendering.unpack import unpack
from renderers import RenderError, RenderPool

_NOBODY = JobId("explain")


@dataclass(slots=True)
class Body:
    """The pages that all recipients of the mail get."""

    documents: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pages: int = 0
    size: int = 0  #: bytes of them on the line
    failed: str = ""  #: why there are none
    file: Path | None = None
    message: Path = Path()  #: the mail it is of


@dataclass(frozen=True, slots=True)
class Whole:
    """The fax of one recipient."""

    cover: str  #: the template and who chose it; "" without one
    pages: int
    call: str  #: how long it takes, by estimate
    not_done: tuple[str, ...] = ()
    failed: str = ""  #: why it does not go out as it is


class Drawing:
    """Draws a mail as the rendering role would."""

    def __init__(self, config: Config, pool: RenderPool, directory: Directory | None, folder: Path) -> None:
        self._config, self._pool, self._folder = config, pool, folder
        self._directory = directory
        self._bodies: dict[str, Body] = {}
        self._done: dict[tuple[str | None, JobOptions], Whole] = {}

    async def body(self, message: Path, resolution: str, without: str) -> Body:
        """The documents of the raw message but the one called `without`; once for each resolution."""
        if resolution not in self._bodies:
            folder = self._folder / f"body-{len(self._bodies)}"
            folder.mkdir()
            self._bodies[resolution] = await self._drawn(message, resolution, without, folder)
        return self._bodies[resolution]

    async def _drawn(self, message: Path, resolution: str, without: str, folder: Path) -> Body:
        section, body = self._config.rendering, Body(message=message)
        mail = unpack(message, folder, section, self._config.options.dialects, without)
        body.documents = [f"{document.name} ({document.media_type})" for document in mail.documents]
        body.notes = [*mail.notes, *mail.defects]
        if not mail.documents:
            body.failed = "There is nothing to fax in this mail."
            return body

        async def language() -> str:
            return mail.language or self._config.cover.language

        maker = PageMaker(self._pool, section.on_partial)
        try:
            pages, missing = await maker.pages_of(mail, folder, profile_of(section, resolution), language)
        except RenderError as error:
            body.failed = f"{error.sentence} {error.remedy}"
            return body
        except Incomplete as error:
            body.failed = f"It is held for an operator: {error}"
            return body
        body.notes += notes_on(pages, missing)
        body.file, body.pages, body.size = pages.path, pages.page_count, pages.path.stat().st_size
        return body

    async def whole(self, body: Body, sender: Sender, recipient: Recipient, options: JobOptions) -> Whole:
        """What this recipient gets of the mail whose body this is.

        Recipients whose cover pages differ in nothing but their names share one answer.
        """
        if body.file is None:
            return Whole("", 0, "")
        key = longest(self._config.cover.by_number, recipient.number), options
        if key not in self._done:
            self._done[key] = await self._covered(body, body.file, _job(sender, recipient, options))
        return self._done[key]

    async def _covered(self, body: Body, file: Path, job: Job) -> Whole:
        config = self._config
        maker = CoverMaker(
            section=config.cover,
            renderer=self._pool,
            profile=profile_of(config.rendering),
            clock=SystemClock(),
            rules=config.rules,
            directory=self._directory,
            timezone=config.sending.timezone,
        )
        try:
            covered = await maker.put_before(file, job, body.message, self._folder)
        except CoverFailed as error:
            what = "It fails" if config.cover.on_failure == "fail" else "It is held for an operator"
            return Whole("", body.pages, shown_time(body.size, body.pages), failed=f"{what}: {error}")
        pages, size = body.pages, body.size
        if covered.pages is not None:
            pages, size = covered.pages.page_count, covered.pages.path.stat().st_size
        return Whole(
            covered.note or f"none ({covered.why})", pages, shown_time(size, pages), covered.not_done
        )


@asynccontextmanager
async def opened_drawing(config: Config, directory: Directory | None) -> AsyncIterator[Drawing]:
    """What draws with these settings; its files are gone afterwards."""
    with TemporaryDirectory(prefix="faxgw-explain-") as folder:
        async with RenderPool(workers=1, prewarm=False) as pool:
            yield Drawing(config, pool, directory, Path(folder))


def shown_time(size: int, pages: int) -> str:
    """How long a call with so many bytes and pages takes, in words; "" without pages."""
    return f"about {call_time(size, pages).total_seconds():.0f} s at 14400 bit/s" if pages else ""


def _job(sender: Sender, recipient: Recipient, options: JobOptions) -> Job:
    now = datetime.now(UTC)
    return Job(
        id=_NOBODY,
        submission_id=SubmissionId(_NOBODY),
        state=JobState.RENDERING,
        number=recipient.number,
        address=recipient.address,
        created_at=now,
        due_at=now,
        sender=sender,
        recipient_name=recipient.name,
        recipient_company=recipient.company,
        options=options,
    )
