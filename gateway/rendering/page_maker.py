"""The documents of a mail as one fax: all, or those that can be rendered and a page about the others."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from gateway.rendering.partial import PartlySent, Rest, all_of, each_alone, note_page, to_description
from gateway.rendering.unpack import Unpacked
from renderers import ConverterCrashed, FaxPages, Profile, RenderError, SourceDocument

_log = logging.getLogger("faxgw.rendering")

_MOST_NOTES = 5  # pages that tell what is missing; they do not count

#: The language in which the recipient is told what is missing.
Language = Callable[[], Awaitable[str]]


class Incomplete(Exception):
    """Some documents cannot become pages, and a person shall decide what to do."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest  #: what can be sent without them
        self.failure = PartlySent.told(rest.failures)  #: what their sender reads
        super().__init__(" ".join(f"{error.sentence} {error.remedy}" for error in rest.failures))


class Renderer(Protocol):
    """Turns documents into fax pages."""

    async def render(self, documents: Sequence[SourceDocument], profile: Profile, out: Path) -> FaxPages:
        """All documents as one TIFF class F in `out`, in their order.

        Raises:
            RenderError: which document failed, why, and what its sender can do.
        """
        ...


class PageMaker:
    """Has the documents of mails rendered."""

    def __init__(self, renderer: Renderer, on_partial: str) -> None:
        """`on_partial` as in [rendering]: "fail", "send_rest_with_note" or "hold"."""
        self._renderer = renderer
        self._on_partial = on_partial

    async def pages_of(
        self, mail: Unpacked, folder: Path, profile: Profile, language: Language
    ) -> tuple[FaxPages, Sequence[RenderError]]:
        """The pages in `folder`, and what is missing in them.

        Raises:
            RenderError: nothing could be rendered, or all or nothing is wanted; it names all that failed.
            Incomplete: a person shall decide.
        """
        out = folder / "pages.tif"
        try:
            for fault in mail.faults.values():
                raise fault
            return await self.render(mail.documents, profile, out), ()
        except RenderError as error:
            if len(mail.documents) == 1:
                raise
            rest = await each_alone(self.render, mail.documents, mail.faults, profile, folder)
            if rest.failures and (self._on_partial == "fail" or not rest.documents):
                raise all_of(rest.failures) from error
            if self._on_partial == "hold" and rest.failures:
                raise Incomplete(rest) from error
        return await self.join(rest, folder, profile, language), rest.failures

    async def join(self, rest: Rest, folder: Path, profile: Profile, language: Language) -> FaxPages:
        """The documents that can be sent, and a page about the others.

        Raises:
            RenderError: they cannot be sent either.
        """
        out = folder / "pages.tif"
        if not rest.failures:  # together they took too long; alone they did not
            return await self.render(rest.documents, profile, out)
        told = to_description(PartlySent.told(rest.failures))
        note = note_page(rest.failures, out.with_name("note.txt"), await language())
        with_note = replace(profile, description=told, page_limit=profile.page_limit + _MOST_NOTES)
        return await self.render((*rest.documents, note), with_note, out)

    async def render(self, documents: Sequence[SourceDocument], profile: Profile, out: Path) -> FaxPages:
        """The pages; a crash gets a second chance, for another document may have caused it.

        Raises:
            RenderError: as the renderer says.
        """
        try:
            return await self._renderer.render(documents, profile, out)
        except ConverterCrashed as error:
            _log.warning("%s Trying once more. %s", error.sentence, error.detail)
            return await self._renderer.render(documents, profile, out)


def notes_on(pages: FaxPages, failures: Sequence[RenderError]) -> list[str]:
    """What was left out of the pages, for the job's trace."""
    blank = [f"left out {pages.dropped} blank page{'s' * (pages.dropped > 1)}"] if pages.dropped else []
    return [*blank, *(f"left out: {error.sentence.rstrip('.')}" for error in failures)]
