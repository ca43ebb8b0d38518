"""How pages shall look: resolution, paper, how many at most.

Spec: ITU-T T.4 table 1 (1728 dots in 215 mm; 3.85, 7.7 and 15.4 lines per mm) and RFC 2306 section 2.2.2,
which gives the same resolutions in dots per inch as TIFF writes them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

#: Dots in a scan line of an A4 or Letter fax page (T.4 table 1).
PAGE_WIDTH = 1728
#: The same of B4 and A3, which not every machine knows (T.30 table 2, bits 17 and 18).
WIDER = (2048, 2432)
#: Dots per inch along a scan line (RFC 2306 section 2.2.2).
X_DPI = 204


class Resolution(enum.Enum):
    """Scan lines per inch; across the page it is always 204 dots per inch."""

    STANDARD = 98
    FINE = 196
    SUPERFINE = 391

    @property
    def y_dpi(self) -> int:
        """Scan lines per inch as the TIFF's YResolution says it."""
        return int(self.value)

    @property
    def lines_per_mm(self) -> float:
        """Scan lines per millimetre as T.4 says it."""
        return {98: 3.85, 196: 7.7, 391: 15.4}[self.y_dpi]

    @classmethod
    def nearest(cls, y_dpi: float) -> Resolution:
        """The fax resolution closest to so many lines per inch."""
        return min(cls, key=lambda resolution: abs(resolution.y_dpi - y_dpi))


class Paper(enum.Enum):
    """The sheet at the far end, by its length in millimetres."""

    A4 = 297.0
    LETTER = 279.4
    LEGAL = 355.6

    def rows(self, resolution: Resolution) -> int:
        """Scan lines that fit on the sheet: 2287 for A4 at fine resolution."""
        return round(self.value * resolution.lines_per_mm)


@dataclass(frozen=True)
class Profile:
    """What the pages of one fax must fit."""

    resolution: Resolution = Resolution.FINE
    paper: Paper = Paper.A4  #: no page gets longer than this sheet
    margin: float = 0.0  #: millimetres on all sides that pages keep free, beside their own margins
    page_limit: int = 200  #: a fax with more pages is refused, not cut
    drop_blank: bool = False  #: pages without anything on them are left out
    by_content: bool = False  #: standard resolution where nothing on any page needs the one above
    description: str = ""  #: ASCII that is kept in the file and read by `read_description`

    @classmethod
    def of(cls, resolution: str, **rest: Any) -> Profile:
        """A profile with this resolution: "standard", "fine", "superfine", or "auto" for fine or standard.

        Raises:
            KeyError: no such resolution.
        """
        if resolution == "auto":
            return cls(Resolution.FINE, by_content=True, **rest)
        return cls(Resolution[resolution.upper()], **rest)

    def is_like(self, other: Profile) -> bool:
        """Both ask for the same resolution."""
        return (self.resolution, self.by_content) == (other.resolution, other.by_content)

    @property
    def most_drawn(self) -> int:
        """The most pages of a document that are looked at: every second one may be a blank back."""
        return 2 * self.page_limit if self.drop_blank else self.page_limit

    @property
    def margin_rows(self) -> int:
        """Scan lines of the margin at the top."""
        return round(self.margin * self.resolution.lines_per_mm)

    @property
    def room(self) -> tuple[int, int]:
        """Dots across and scan lines down that are left between the margins."""
        return PAGE_WIDTH - 2 * round(self.margin / 25.4 * X_DPI), self.rows - 2 * self.margin_rows

    @property
    def rows(self) -> int:
        """The most scan lines a page may have."""
        return self.paper.rows(self.resolution)
