"""TIFF class F as it is written here, by native/tiff_writer.c: a strip of T.6 (MMR) a page."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from renderers.document import FaxPages
from renderers.errors import ConverterCrashed
from renderers.fax_code import mmr_code
from renderers.native.library import library
from renderers.profile import Resolution
from renderers.spec import Bits


@dataclass(frozen=True)
class _Page:
    rows: int
    width: int
    resolution: Resolution


class FaxWriter:
    """A fax TIFF being written. Leaving the `with` block finishes the file; until then it is not readable."""

    def __init__(self, path: Path, description: str = "") -> None:
        """`description` (ASCII) is kept in the first page's ImageDescription (TIFF 6.0 section 8).

        Raises:
            ConverterCrashed: the file cannot be written.
        """
        self.path = path
        self._description = description.encode("ascii", "replace").replace(b"\0", b"?")
        self._pages: list[_Page] = []
        self._file = library().fax_open(os.fsencode(path))
        if not self._file:
            raise self._failure()

    def __enter__(self) -> FaxWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not library().fax_close(self._file, self._description, error is None) and error is None:
            raise self._failure()

    @property
    def page_count(self) -> int:
        """How many pages there are so far."""
        return len(self._pages)

    @property
    def pages(self) -> FaxPages:
        """The facts of the file; there is at least one page."""
        resolutions = tuple(page.resolution for page in self._pages)
        return FaxPages(
            path=self.path,
            page_count=len(self._pages),
            rows=tuple(page.rows for page in self._pages),
            resolution=resolutions[0],
            resolutions=resolutions,
            widths=tuple(page.width for page in self._pages),
        )

    def add(self, bits: Bits, resolution: Resolution) -> None:
        """Writes one more page; `bits` are rows x width / 8, packed, 1 = black.

        Raises:
            ConverterCrashed: it cannot be written, as when the disk is full.
        """
        rows, row_bytes = bits.shape
        self.add_code(mmr_code(bits, row_bytes * 8), rows, row_bytes * 8, resolution)

    def add_code(self, code: bytes, rows: int, width: int, resolution: Resolution) -> None:
        """Writes one more page whose T.6 code this is.

        Raises:
            ConverterCrashed: it cannot be written, as when the disk is full.
        """
        self._pages.append(_Page(rows, width, resolution))
        if not library().fax_add(self._file, code, len(code), rows, width, resolution.y_dpi):
            raise self._failure()

    def _failure(self) -> ConverterCrashed:
        why = os.strerror(ctypes.get_errno())
        return ConverterCrashed(detail=f"cannot write page {len(self._pages)} of {self.path}: {why}")
