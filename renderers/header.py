"""Changes to a finished fax, page by page: the header line, a coarser resolution, a narrower sheet.

A fax must show at its top who sent it, when, and which page it is (in the USA 47 CFR 68.318(d) demands
it). The line is drawn at the page's own resolution, in a strip 4.5 mm high.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from renderers.document import FaxPages
from renderers.errors import DocumentDamaged
from renderers.fonts import PROPORTIONAL, font
from renderers.lines import at_lines, gray_of
from renderers.profile import PAGE_WIDTH, X_DPI, Resolution
from renderers.spec import Bits
from renderers.tiff import decode_pages
from renderers.tiff_writer import FaxWriter

Change = Callable[[Bits, Resolution, int], tuple[Bits, Resolution]]

STRIP_MM = 4.5
_EM = 27  #: dots: 9.5 points
_MARGIN = 48  #: dots: 6 mm, beside which some machines do not print
_THRESHOLD = 150
_STILL_BLACK = 176  #: of a smaller page: a stroke of one dot stays whole where it falls between two
_OVERSAMPLED = 4
_GAP = "   "
#: Longer parts, and more of them, have no room anyway.
_LONGEST_PART, _MOST_PARTS = 120, 8


def stamp(tiff: Path, out: Path, lines: Sequence[str]) -> FaxPages:
    """Writes the fax with `lines[n]` at the top of page n + 1.

    It takes the place of the first rows where they are white, else it goes above them.

    Raises:
        DocumentDamaged: the file is no fax TIFF, or there are fewer lines than pages.
    """

    def with_header(bits: Bits, resolution: Resolution, index: int) -> tuple[Bits, Resolution]:
        if index >= len(lines):
            raise DocumentDamaged(tiff.name, detail=f"{len(lines)} header lines for more pages")
        strip = strip_of(lines[index], resolution, bits.shape[1] * 8)
        if bits[: len(strip)].any() or len(bits) < len(strip):
            return np.concatenate([strip, bits]), resolution
        return np.concatenate([strip, bits[len(strip) :]]), resolution

    return rewritten(tiff, out, with_header)


def coarsened(tiff: Path, out: Path, finest: Resolution) -> FaxPages:
    """Writes the fax with no page finer than this; a dot is black when any of the lines it stands for has it.

    Raises:
        DocumentDamaged: the file is no fax TIFF.
    """

    def coarser(bits: Bits, resolution: Resolution, _: int) -> tuple[Bits, Resolution]:
        if resolution.y_dpi <= finest.y_dpi:
            return bits, resolution
        return at_lines(bits, resolution, finest), finest

    return rewritten(tiff, out, coarser)


def narrowed(tiff: Path, out: Path) -> FaxPages:
    """Writes the fax with no page wider than A4: wider ones are made smaller in both directions.

    Raises:
        DocumentDamaged: the file is no fax TIFF.
    """
    return rewritten(tiff, out, lambda bits, resolution, _: (narrow(bits), resolution))


def narrow(bits: Bits) -> Bits:
    """The page made smaller, no wider than A4; untouched when it is not wider."""
    width = bits.shape[1] * 8
    if width <= PAGE_WIDTH:
        return bits
    small = Image.fromarray(gray_of(bits, width)).resize(
        (PAGE_WIDTH, max(1, round(len(bits) * PAGE_WIDTH / width))), Image.Resampling.BOX
    )
    return np.packbits(np.asarray(small) < _STILL_BLACK, axis=1)


def rewritten(tiff: Path, out: Path, change: Change) -> FaxPages:
    """Writes the fax with every page changed; page numbers in `change` count from 0.

    Raises:
        DocumentDamaged: the file is no fax TIFF.
    """
    with FaxWriter(out) as changed:
        for index, (bits, directory) in enumerate(decode_pages(tiff)):
            changed.add(*change(bits, directory.resolution, index))
    return changed.pages


def strip_of(text: str, resolution: Resolution, width: int) -> Bits:
    """The header line as packed bits, `width` dots wide and 4.5 mm high."""
    rows = round(STRIP_MM * resolution.lines_per_mm)
    tall = round(STRIP_MM / 25.4 * X_DPI) * _OVERSAMPLED
    large = Image.new("L", (width * _OVERSAMPLED, tall), 255)
    where = (_MARGIN * _OVERSAMPLED, tall * 0.72)
    ImageDraw.Draw(large).text(where, shortened(text, width - 2 * _MARGIN), font=_face(), fill=0, anchor="ls")
    gray = np.asarray(large.resize((width, rows), Image.Resampling.BOX))
    return np.packbits(gray < _THRESHOLD, axis=1)


def shortened(text: str, room: int) -> str:
    """The text cut to `room` dots.

    Its parts (two or more spaces apart) lose their ends, the longest inner one first. The first (who sent it)
    and the last (which page) are cut only when nothing is left between them.
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    parts = [part[:_LONGEST_PART] for part in re.split(r"\s{2,}", printable.strip()) if part]
    parts = parts[: _MOST_PARTS - 1] + parts[_MOST_PARTS - 1 :][-1:]
    while _length(parts) > room and len(parts) > 2:
        inner = max(range(1, len(parts) - 1), key=lambda index: len(parts[index]))
        if len(parts[inner]) <= 4:
            del parts[inner]
        else:
            parts[inner] = parts[inner].removesuffix("…")[:-1].rstrip() + "…"
    while _length(parts) > room and parts and len(parts[0]) > 2:
        parts[0] = parts[0].removesuffix("…")[:-1] + "…"
    while _length(parts) > room and parts and len(parts[-1]) > 2:
        parts[-1] = "…" + parts[-1].removeprefix("…")[1:]
    return _GAP.join(parts)


def _length(parts: Sequence[str]) -> float:
    return _face().getlength(_GAP.join(parts)) / _OVERSAMPLED


@lru_cache
def _face() -> ImageFont.FreeTypeFont:
    return font(PROPORTIONAL, _EM * _OVERSAMPLED)
