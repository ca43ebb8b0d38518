"""Page views that remember what was stamped."""

import shutil
from pathlib import Path

from telephony.page_file import whole_pages
from tests.fakes.pages import a_fax


class RecordingViews:
    """Copies pages and remembers their header lines; makes no real pictures."""

    def __init__(self) -> None:
        self.stamped: list[list[str]] = []
        self.finest: list[int] = []  #: lines per inch of each coarser fax that was asked for

    async def to_pdf(self, pages: Path, pdf: Path) -> None:
        shutil.copyfile(pages, pdf)

    async def picture(self, pages: Path, png: Path, *, page: int = 1, width: int = 600) -> None:
        shutil.copyfile(pages, png)

    async def coarsened(self, pages: Path, coarse: Path, finest: int) -> None:
        self.finest.append(finest)
        a_fax(coarse, len(whole_pages(pages)), y_dpi=finest)

    async def narrowed(self, pages: Path, narrow: Path) -> None:
        a_fax(narrow, len(whole_pages(pages)))

    async def stamp_header(self, pages: Path, stamped: Path, lines: list[str]) -> None:
        self.stamped.append(list(lines))
        shutil.copyfile(pages, stamped)
