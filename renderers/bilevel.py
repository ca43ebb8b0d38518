"""Grey to black and white: text stays sharp, paper goes white, photographs become a screen of dots.

One threshold for the page, and what it would lose is rescued; then every picture is judged alone. All of it
is C (native/page.c); here is what that has to know of a resolution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple

import numpy as np
import numpy.typing as npt

from renderers.native.library import Content, Looks, library
from renderers.profile import Resolution
from renderers.spec import Bits, Box, GrayPage

#: Grey below which a dot is black. Not the middle: thin grey text would break up.
THRESHOLDS = {Resolution.STANDARD: 180, Resolution.FINE: 168, Resolution.SUPERFINE: 168}
#: A rule is at least so long, and so far beside it the page is lighter.
_RULE_MM, _BESIDE_RULE_MM = 6.0, 0.4
#: Strokes are thinner than this on paper, those of light text thinner, and those of letters shorter.
_STROKE_MM, _LIGHT_STROKE_MM, _LONGEST_MM = 2.0, 1.2, 3.2
#: The frame around a large tint that becomes paper.
_FRAME_MM = 0.25
#: Dashes of the screen for photographs are about so high.
_DASH_MM = 0.8
_DOTS_PER_MM = 8.04
#: What is found of each block while a page becomes black and white: so many greys of 8 x 16 dots.
_GREYS, _BLOCK_ROWS, _BLOCK_DOTS = 4, 8, 16


def bilevel(page: GrayPage, resolution: Resolution) -> Bits:
    """The page in black and white, packed: 1 = black, eight dots a byte.

    Raises:
        MemoryError
    """
    gray = np.ascontiguousarray(page.gray)
    rows, width = gray.shape
    bits, greys = np.empty((rows, width // 8), np.uint8), greys_of_blocks(rows, width)
    with content_of(page) as content:
        places = (looks(resolution), content, bits.ctypes.data, greys.ctypes.data)
        if not library().blacken(gray.ctypes.data, width, rows, *places):
            raise MemoryError
    return bits


def looks(resolution: Resolution, margin_rows: int = 0) -> Looks:
    """What the C of renderers/native has to know of a resolution."""
    # At standard resolution text is looked for on a page of twice as many rows: see save_coarse().
    is_coarse = resolution is Resolution.STANDARD
    finer = Resolution.FINE if is_coarse else resolution
    return Looks(
        threshold=THRESHOLDS[resolution],
        beside_rows=round(_BESIDE_RULE_MM * resolution.lines_per_mm),
        least_rows=round(_RULE_MM * resolution.lines_per_mm),
        stroke_rows=stroke_size(finer)[0],
        stroke_dots=stroke_size(finer)[1],
        light_rows=stroke_size(finer, _LIGHT_STROKE_MM)[0],
        light_dots=stroke_size(finer, _LIGHT_STROKE_MM)[1],
        longest_rows=stroke_size(finer, _LONGEST_MM)[0],
        longest_dots=stroke_size(finer, _LONGEST_MM)[1],
        frame_rows=round(_FRAME_MM * finer.lines_per_mm),
        frame_dots=round(_FRAME_MM * _DOTS_PER_MM),
        drawing_rows=stroke_size(resolution)[0],
        screen_rows=round(_DASH_MM * resolution.lines_per_mm),
        is_coarse=is_coarse,
        margin_rows=margin_rows,
    )


def stroke_size(resolution: Resolution, width: float = _STROKE_MM) -> tuple[int, int]:
    """Rows and dots of so many millimetres, both odd."""
    return round(width * resolution.lines_per_mm) | 1, round(width * _DOTS_PER_MM) | 1


def greys_of_blocks(rows: int, width: int) -> npt.NDArray[np.uint8]:
    """Memory that a page of this size needs while it becomes black and white."""
    return np.empty((_GREYS, rows // _BLOCK_ROWS, width // _BLOCK_DOTS), np.uint8)


@contextmanager
def content_of(page: GrayPage) -> Iterator[Content]:
    """What the C has to know of a page beside its greys, as long as it works on it."""
    pictures = sides_of(page.pictures)
    texts = np.array([(*astuple(text.box), text.grey) for text in page.texts], np.int32)
    places, counts = (pictures.ctypes.data, texts.ctypes.data), (len(pictures), len(texts))
    yield Content(*places, *counts, page.only_letters, page.only_dark)


def sides_of(boxes: Sequence[Box]) -> npt.NDArray[np.int32]:
    """The boxes as the C takes them: left, top, right and bottom of each."""
    return np.array([astuple(box) for box in boxes], np.int32)
