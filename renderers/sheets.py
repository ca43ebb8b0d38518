"""Pages much longer than the sheet are cut into several, between their lines where that can be.

A screenshot of a whole conversation or web page would be a strip that nobody can read, were it made to fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from renderers.native.library import library
from renderers.profile import PAGE_WIDTH, X_DPI, Profile
from renderers.raster import Placement
from renderers.spec import Box, Gray, GrayPage

_WINDOW = 0.2  #: of a sheet, at its end, is looked through for a place between lines
_SHORT = 0.1  #: of a sheet: strips are once to twice as long
_CALM = 8  #: greys: a row of dots that differ by no more has no letters in it
_REPEATED = 0.2  #: inches that both sheets show where there is no such place


def is_long(width: float, height: float, profile: Profile) -> bool:
    """Whether a page of so many inches gets several sheets (native/place.c)."""
    return bool(library().is_long(width, height, *profile.room, profile.resolution.y_dpi))


def place_long(width: float, height: float, profile: Profile) -> Placement:
    """Where a page of so many inches goes on a sheet as long as it needs."""
    scale, dpi = min(1.0, profile.room[0] / X_DPI / width), profile.resolution.y_dpi
    dots = round(width * scale * X_DPI)
    return Placement(dots, round(height * scale * dpi), (PAGE_WIDTH - dots) // 2, turned=False)


def cut(gray: Gray, width: float, height: float, profile: Profile) -> Iterator[Gray]:
    """The picture, which has so many inches, in pieces of a sheet each, as wide as it may be."""
    across, down = profile.room[0] / X_DPI, profile.room[1] / profile.resolution.y_dpi
    rows_an_inch = len(gray) / (height * min(1.0, across / width))
    return _cut(gray, int(down * rows_an_inch), rows_an_inch)


def strips(gray: Gray, most: int, rows_an_inch: float) -> Iterator[Gray]:
    """The picture in pieces of at most so many rows, shorter ones where it has gaps, that flow like lines."""
    short = max(1, int(_SHORT * most))
    for piece in _cut(gray, most, rows_an_inch):
        start = 0
        while len(piece) - start > 2 * short and (
            end := _between_lines(piece, start + short, start + 2 * short)
        ):
            yield piece[start:end]
            start = end
        yield piece[start:]


def _cut(gray: Gray, most: int, rows_an_inch: float) -> Iterator[Gray]:
    for start, end in _pieces(gray, most, int(_REPEATED * rows_an_inch)):
        yield gray[start:end]


def cut_page(page: GrayPage, profile: Profile) -> Iterator[GrayPage]:
    """The page of a sheet as long as it needs, on several as they are."""
    repeated = int(_REPEATED * profile.resolution.y_dpi)
    for start, end in _pieces(page.gray, profile.room[1], repeated):
        yield GrayPage(
            page.gray[start:end],
            tuple(_within(box, start, end) for box in page.pictures if _is_in(box, start, end)),
            tuple(
                replace(text, box=_within(text.box, start, end))
                for text in page.texts
                if _is_in(text.box, start, end)
            ),
            page.only_letters,
            page.only_dark,
        )


def _is_in(box: Box, start: int, end: int) -> bool:
    return box.top < end and box.bottom > start


def _within(box: Box, start: int, end: int) -> Box:
    return Box(box.left, max(box.top, start) - start, box.right, min(box.bottom, end) - start)


def _pieces(gray: Gray, room: int, repeated: int) -> Iterator[tuple[int, int]]:
    """Where pieces of at most `room` rows begin and end."""
    most, start = max(2, room), 0
    while len(gray) - start > most:
        end = _between_lines(gray, start + most - int(_WINDOW * most), start + most)
        yield start, end or start + most
        start = end or start + most - min(repeated, most // 2)
    yield start, len(gray)


def _between_lines(gray: Gray, start: int, end: int) -> int:
    """The middle of the last wide gap between lines from `start` to `end`; 0 when there is none."""
    window = gray[start:end]
    calm: NDArray[np.int8] = (np.ptp(window, axis=1) <= _CALM).astype(np.int8)
    edges = np.diff(calm, prepend=0, append=0)
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(begins):
        return 0
    lengths = ends - begins
    last = np.flatnonzero(2 * lengths >= lengths.max())[-1]
    return start + int(begins[last] + ends[last]) // 2
