"""Text that one threshold for the page would lose: pale on white, dark on medium, white on pale.

Where a block of the page comes out all black or all white and yet holds clear contrast, thin strokes are
looked for that stand out from their ground; they are turned to the other colour (native/rescue.c). Thick
areas stay, so that tints do not become blots. A tint with darker text on it becomes paper, as paler tints do:
the whole of it, and the text is black. Most pages have no such block and are done in half a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from renderers.native.library import library
from renderers.profile import PAGE_WIDTH, Resolution
from renderers.spec import Bits, Box, Gray

Mask = npt.NDArray[np.bool_]
T = TypeVar("T", bound=np.generic)

_BLOCK = 16
#: Text this much darker than the threshold may still break up.
_BROKEN = 58
#: The ground of a tint differs by no more than this from one block to the next.
_SAME_TINT = np.uint8(10)
#: Strokes are thinner than this on paper.
_STROKE_MM = 2.0
#: So many dots of strokes in a block are text.
_TEXT_DOTS = 8
#: Strokes of light text are thinner than this; gaps between tints are wider.
_LIGHT_STROKE_MM = 1.2
_DOTS_PER_MM = 8.04


@dataclass(frozen=True)
class Survey:
    """A page by one threshold, the greys of every 16 x 16 dots, and where text is lost that way."""

    threshold: int
    bits: Bits  #: packed, 1 where darker than the threshold
    darkest: Gray
    lightest: Gray
    black: Mask  #: blocks that are all black that way
    dark: Mask  #: black blocks that hold text, and what lies beside them
    pale: Mask  #: blocks whose text is white, or breaks up

    @property
    def finds_lost_text(self) -> bool:
        """Whether there is anything to rescue."""
        return bool(self.dark.any() or self.pale.any())


def survey(gray: Gray, pictures: tuple[Box, ...], threshold: int) -> Survey:
    """The page made black and white, and where that loses text; not within `pictures`.

    The rows below the last whole block are not looked at; nobody writes there.
    """
    page = np.ascontiguousarray(gray)
    bits = np.empty((len(page), PAGE_WIDTH // 8), np.uint8)
    darkest, lightest = np.empty((2, len(page) // _BLOCK, PAGE_WIDTH // _BLOCK), np.uint8)
    places = [array.ctypes.data for array in (bits, darkest, lightest)]
    library().survey(page.ctypes.data, PAGE_WIDTH, len(page), threshold, *places)
    black, dark, pale = np.empty((3, *darkest.shape), np.uint8)
    marks = (mark.ctypes.data for mark in (black, dark, pale))
    library().find_lost(darkest.ctypes.data, lightest.ctypes.data, *darkest.shape, threshold, *marks)
    for box in pictures:
        inside = (
            slice(box.top // _BLOCK, -(-box.bottom // _BLOCK)),
            slice(box.left // _BLOCK, -(-box.right // _BLOCK)),
        )
        black[inside] = dark[inside] = pale[inside] = 0
    return Survey(threshold, bits, darkest, lightest, *(mark.view(np.bool_) for mark in (black, dark, pale)))


def rescue_text(gray: Gray, sharp: Gray, bits: Bits, found: Survey, resolution: Resolution) -> None:
    """Changes `bits` where text would be lost otherwise; strokes are looked for in `sharp`."""
    if not found.finds_lost_text:
        return
    ink = np.empty(found.dark.shape, np.uint8)
    pages = (np.ascontiguousarray(gray), np.ascontiguousarray(sharp))
    given = (*pages, found.darkest, found.lightest, found.dark, found.pale)
    sizes = (*found.dark.shape, found.threshold, *stroke_size(resolution))
    addresses = [array.ctypes.data for array in given]
    if library().rescue(*addresses, *sizes, bits.ctypes.data, ink.ctypes.data) < 0:
        raise MemoryError
    if (ink < 255).any():
        _whiten_tints(gray, sharp, bits, found, _tints(gray, found, ink, resolution))


def _tints(gray: Gray, found: Survey, ink: Gray, resolution: Resolution) -> Gray:
    """The grey of the text for each block of the tints that begin where `ink` is not 255; 255 elsewhere.

    A ground with light text on it as well stays dark.
    """
    ink = _grown(found, ink)
    blocks = _surroundings(ink < 255)
    page = gray[_dots_in(blocks)]
    paler = page > _dots_of(_palest(found, ink)[blocks])
    strokes = _lighter_strokes(page, resolution, _LIGHT_STROKE_MM) > _BROKEN
    light_text = np.zeros(ink.shape, np.bool_)
    light_text[blocks] = _sums(paler & strokes) >= _TEXT_DOTS
    beside = found.black & _spread(light_text & ~found.black, np.logical_or)
    dark_ground = _grown(found, np.where(beside, 0, 255).astype(np.uint8)) < 255
    return np.where(dark_ground, 255, ink).astype(np.uint8)


def _whiten_tints(gray: Gray, sharp: Gray, bits: Bits, found: Survey, ink: Gray) -> None:
    """Makes paper of the blocks whose `ink` is not 255, and black of the text on them."""
    tint = ink < 255
    if not tint.any():
        return
    limit = np.where(tint, ink // 2 + found.lightest // 2, 0).astype(np.uint8)
    blocks = _surroundings(tint)
    dots = _dots_in(blocks)
    page, limits = gray[dots], _dots_of(_spread(limit, np.maximum)[blocks])
    # Beside the tint there may be paper, too, and letters on it.
    ground = _dots_of(tint[blocks]) | (page <= _dots_of(_palest(found, ink)[blocks]))
    paler = page // 2 + sharp[dots] // 2 >= limits
    window = bits[_bytes_in(blocks)]
    black = np.unpackbits(window, axis=1).view(np.bool_)
    window[:] = np.packbits(np.where(ground & (limits > 0), ~paler, black), axis=1)


def _palest(found: Survey, ink: Gray) -> Gray:
    """The palest grey that the ground of a tint has in and beside each block of it; 0 elsewhere."""
    ground = np.where(ink < 255, np.minimum(found.lightest, 255 - _SAME_TINT) + _SAME_TINT, 0)
    return _spread(ground.astype(np.uint8), np.maximum)


def _grown(found: Survey, ink: Gray) -> Gray:
    """The grey of the text for each block of its tint: from block to black block, as the ground goes on."""
    while True:
        tint = ink < 255
        low = _spread(np.where(tint, found.lightest, 255).astype(np.uint8), np.minimum)
        high = _spread(np.where(tint, found.lightest, 0).astype(np.uint8), np.maximum)
        alike = (low <= found.lightest + _SAME_TINT) & (found.lightest <= high + _SAME_TINT)
        more = found.black & ~tint & alike & (high > 0)
        if not more.any():
            return ink
        ink = np.where(more, _spread(ink, np.minimum), ink)


def _dots_in(blocks: tuple[slice, slice]) -> tuple[slice, slice]:
    rows, columns = (slice(one.start * _BLOCK, one.stop * _BLOCK) for one in blocks)
    return rows, columns


def _bytes_in(blocks: tuple[slice, slice]) -> tuple[slice, slice]:
    rows, columns = _dots_in(blocks)
    return rows, slice(columns.start // 8, columns.stop // 8)


def _surroundings(lost: Mask) -> tuple[slice, slice]:
    """The rows and columns of blocks that matter: where text is lost, and two blocks around."""
    found = []
    for axis in (1, 0):
        places = np.flatnonzero(lost.any(axis=axis))
        found.append(slice(max(0, int(places[0]) - 2), min(lost.shape[1 - axis], int(places[-1]) + 3)))
    return found[0], found[1]


def _spread(blocks: npt.NDArray[T], choose: np.ufunc) -> npt.NDArray[T]:
    """What `choose` makes of each block and the eight around it."""
    wide = np.pad(blocks, 1, mode="edge")
    across = choose(choose(wide[:, :-2], wide[:, 1:-1]), wide[:, 2:])
    around: npt.NDArray[T] = choose(choose(across[:-2], across[1:-1]), across[2:])
    return around


def _sums(dots: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    rows, width = dots.shape
    blocks = dots.reshape(rows // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    sums: npt.NDArray[np.float64] = blocks.sum(axis=(1, 3), dtype=np.float64)
    return sums


def _dots_of(blocks: npt.NDArray[T]) -> npt.NDArray[T]:
    """Every block's value for each of its dots."""
    return np.repeat(np.repeat(blocks, _BLOCK, axis=0), _BLOCK, axis=1)


def darker_strokes(gray: Gray, resolution: Resolution) -> Gray:
    """By how much each dot of a thin thing is darker than its ground."""
    return _ground(gray, stroke_size(resolution), dark=True) - gray


def _lighter_strokes(gray: Gray, resolution: Resolution, width: float = _STROKE_MM) -> Gray:
    return gray - _ground(gray, stroke_size(resolution, width), dark=False)


def _ground(gray: Gray, size: tuple[int, int], *, dark: bool) -> Gray:
    """The page without its dark or light strokes, which are thinner than so many rows and dots (top-hat)."""
    page = np.ascontiguousarray(gray)
    (rows, width), (stroke_rows, stroke_dots) = page.shape, size
    ground, line = (
        np.empty((rows + stroke_rows, width), np.uint8),
        np.empty((2, width + stroke_dots), np.uint8),
    )
    sizes = (rows, width, stroke_rows, stroke_dots, int(dark))
    library().remove_strokes(page.ctypes.data, *sizes, line.ctypes.data, ground.ctypes.data)
    return ground[:rows]


def stroke_size(resolution: Resolution, width: float = _STROKE_MM) -> tuple[int, int]:
    """Rows and dots of so many millimetres, both odd."""
    return round(width * resolution.lines_per_mm) | 1, round(width * _DOTS_PER_MM) | 1
