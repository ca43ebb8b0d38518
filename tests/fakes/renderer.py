"""A renderer that makes one page of every document, or fails as it is told."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from renderers import FaxPages, Profile, Resolution, SourceDocument
from tests.fakes.pages import a_fax


class FakeRenderer:
    """Remembers the documents it was given."""

    def __init__(self) -> None:
        self.documents: list[list[tuple[str, bytes]]] = []
        self._failures: list[Exception] = []

    def next_document_fails(self, *failures: Exception) -> None:
        """The next renderings raise these, in order."""
        self._failures.extend(failures)

    async def render(self, documents: Sequence[SourceDocument], profile: Profile, out: Path) -> FaxPages:
        if self._failures:
            raise self._failures.pop(0)
        self.documents.append([(document.name, document.path.read_bytes()) for document in documents])
        count = len(documents)
        shutil.move(a_fax(out.with_name("fake.tif"), pages=count), out)
        return FaxPages(
            out, count, (8,) * count, Resolution.FINE, (Resolution.FINE,) * count, (1728,) * count
        )
