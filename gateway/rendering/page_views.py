"""The PageViews port, by the renderers."""

from pathlib import Path

from gateway.errors import InvariantError
from renderers import RenderError, RenderPool, Resolution


class RenderedViews:
    """Pages as people look at them. The pages are our own: what is wrong with them is our bug."""

    def __init__(self, pool: RenderPool, ocr: str = "") -> None:
        """`ocr` names the languages in which PDFs can be searched, as "eng+deu"."""
        self._pool = pool
        self._ocr = ocr

    async def to_pdf(self, pages: Path, pdf: Path) -> None:
        """`pdf` shows every page at its true size."""
        try:
            await self._pool.to_pdf(pages, pdf, ocr=self._ocr)
        except RenderError as error:
            raise InvariantError(f"{error.sentence} {error.detail}") from error

    async def picture(self, pages: Path, png: Path, *, page: int = 1, width: int = 600) -> None:
        """`png` is a grey picture of one page, `width` pixels wide."""
        try:
            await self._pool.picture(pages, png, page=page, width=width)
        except RenderError as error:
            raise InvariantError(f"{error.sentence} {error.detail}") from error

    async def coarsened(self, pages: Path, coarse: Path, finest: int) -> None:
        """`coarse` has no page with more lines per inch."""
        try:
            await self._pool.coarsened(pages, coarse, Resolution.nearest(finest))
        except RenderError as error:
            raise InvariantError(f"{error.sentence} {error.detail}") from error

    async def narrowed(self, pages: Path, narrow: Path) -> None:
        """`narrow` has no page with more than 1728 dots in a line."""
        try:
            await self._pool.narrowed(pages, narrow)
        except RenderError as error:
            raise InvariantError(f"{error.sentence} {error.detail}") from error

    async def stamp_header(self, pages: Path, stamped: Path, lines: list[str]) -> None:
        """`stamped` has `lines[n]` at the top of page n + 1."""
        try:
            await self._pool.stamp_header(pages, stamped, lines)
        except RenderError as error:
            raise InvariantError(f"{error.sentence} {error.detail}") from error
