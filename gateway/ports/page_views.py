"""The pages of a fax as people look at them."""

from pathlib import Path
from typing import Protocol


class PageViews(Protocol):
    """Makes PDF and pictures out of TIFF class F, and prints header lines into it."""

    async def to_pdf(self, pages: Path, pdf: Path) -> None:
        """`pdf` shows every page at its true size."""
        ...

    async def picture(self, pages: Path, png: Path, *, page: int = 1, width: int = 600) -> None:
        """`png` is a grey picture of one page, `width` pixels wide."""
        ...

    async def coarsened(self, pages: Path, coarse: Path, finest: int) -> None:
        """`coarse` is the same fax with no page finer than so many lines per inch: 98 or 196."""
        ...

    async def narrowed(self, pages: Path, narrow: Path) -> None:
        """`narrow` is the same fax with no page wider than A4."""
        ...

    async def stamp_header(self, pages: Path, stamped: Path, lines: list[str]) -> None:
        """`stamped` has `lines[n]` at the top of page n + 1."""
        ...
