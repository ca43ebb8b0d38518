"""Page views that remember what was stamped."""

import shutil
from pathlib import Path


class RecordingViews:
    """Copies pages and remembers their header lines; makes no real pictures."""

    def __init__(self) -> None:
        self.stamped: list[list[str]] = []
        self.coarsened = 0  #: how often pages were asked for at standard resolution

    async def to_pdf(self, pages: Path, pdf: Path) -> None:
        shutil.copyfile(pages, pdf)

    async def picture(self, pages: Path, png: Path, *, page: int = 1, width: int = 600) -> None:
        shutil.copyfile(pages, png)

    async def at_standard(self, pages: Path, coarse: Path) -> None:
        self.coarsened += 1
        shutil.copyfile(pages, coarse)

    async def stamp_header(self, pages: Path, stamped: Path, lines: list[str]) -> None:
        self.stamped.append(list(lines))
        shutil.copyfile(pages, stamped)
