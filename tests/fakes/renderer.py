"""A renderer that makes one page of every document, or fails as it is told."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from renderers import FaxPages, Profile, Resolution, SourceDocument, TooManyPages
from tests.fakes.pages import a_fax


class FakeRenderer:
    """Remembers the documents it was given."""

    def __init__(self) -> None:
        self.documents: list[list[tuple[str, bytes]]] = []
        self.profiles: list[Profile] = []
        self._failures: list[Exception] = []
        self._spoiled: dict[str, Exception] = {}
        self._spoiled_once: dict[str, Exception] = {}
        self._pages: dict[str, int] = {}

    def next_document_fails(self, *failures: Exception) -> None:
        """The next renderings raise these, in order."""
        self._failures.extend(failures)

    def fails_on(self, name: str, failure: Exception) -> None:
        """A rendering of this document raises this, again and again."""
        self._spoiled[name] = failure

    def fails_once_on(self, name: str, failure: Exception) -> None:
        """The next rendering of this document raises this."""
        self._spoiled_once[name] = failure

    def makes_of(self, name: str, pages: int) -> None:
        """This document has so many pages."""
        self._pages[name] = pages

    async def render(self, documents: Sequence[SourceDocument], profile: Profile, out: Path) -> FaxPages:
        if self._failures:
            raise self._failures.pop(0)
        for document in documents:
            if document.name in self._spoiled_once:
                raise self._spoiled_once.pop(document.name)
            if document.name in self._spoiled:
                raise self._spoiled[document.name]
        count = sum(self._pages.get(document.name, 1) for document in documents)
        if count > profile.page_limit:
            raise TooManyPages.over(profile.page_limit, documents[-1].name)
        self.profiles.append(profile)
        self.documents.append([(document.name, document.path.read_bytes()) for document in documents])
        shutil.move(a_fax(out.with_name("fake.tif"), pages=count), out)
        return FaxPages(
            out, count, (8,) * count, Resolution.FINE, (Resolution.FINE,) * count, (1728,) * count
        )
