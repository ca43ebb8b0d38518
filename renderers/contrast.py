"""Text that one threshold for the page would lose: pale on white, dark on medium, white on pale.

Where a block of the page comes out all black or all white and yet holds clear contrast, thin strokes are
looked for that stand out from their ground; they are turned to the other colour. Thick areas stay, so that
tints do not become blots. Most pages have no such block and are done in half a millisecond.
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
#: A block with less difference between its darkest and lightest dot holds no text.
_BLOCK_CONTRAST = 28
#: Beside a block with text, less is enough: the feet and heads of its letters.
_EDGE_CONTRAST = 10
#: Text this much darker than the threshold may still break up.
_BROKEN = 58
#: Strokes are thinner than this on paper.
_STROKE_MM = 2.0
_DOTS_PER_MM = 8.04


@dataclass(frozen=True)
class Survey:
    """A page by one threshold, the greys of every 16 x 16 dots, and where text is lost that way."""

    bits: Bits  #: packed, 1 where darker than the threshold
    darkest: Gray
    lightest: Gray
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
    if not len(darkest):
        return Survey(bits, darkest, lightest, np.zeros((0, 0), np.bool_), np.zeros((0, 0), np.bool_))
    dark, pale = _lost_blocks(darkest, lightest, threshold)
    for box in pictures:
        inside = (
            slice(box.top // _BLOCK, -(-box.bottom // _BLOCK)),
            slice(box.left // _BLOCK, -(-box.right // _BLOCK)),
        )
        dark[inside] = pale[inside] = False
    return Survey(bits, darkest, lightest, dark, pale)


def rescue_text(gray: Gray, black: Mask, found: Survey, resolution: Resolution, threshold: int) -> None:
    """Changes `black` where text would be lost otherwise."""
    if not found.finds_lost_text:
        return
    blocks = _surroundings(found.dark | found.pale)
    dots = tuple(slice(one.start * _BLOCK, one.stop * _BLOCK) for one in blocks)
    dark, pale, darkest = found.dark[blocks], found.pale[blocks], found.darkest[blocks]
    low, high = _range_around(darkest, found.lightest[blocks], dark, threshold)
    ground = np.where(dark, _ground(gray[dots], gray[dots] < threshold), _ground(gray[dots]))
    on_light = np.clip(ground, low, high) > low // 2 + high // 2
    strokes = _thin_strokes(gray[dots], _dots_of((high - low) // 2), _dots_of(on_light), resolution)
    black[dots] &= ~(strokes & _dots_of(dark))
    # Light text on a black tint is there already; only what stands on white is made whole.
    black[dots] |= strokes & _dots_of(pale & (on_light | (darkest >= threshold)))


def _lost_blocks(darkest: Gray, lightest: Gray, threshold: int) -> tuple[Mask, Mask]:
    """Black blocks and white ones that hold contrast.

    A white one must have no black near it: soft edges of black letters reach into the next block. Beside a
    black one text goes on to the edge of its tint, where there is paper in the same block.
    """
    contrast = lightest - darkest
    black = lightest < threshold
    dark = black & (contrast >= _BLOCK_CONTRAST)
    edge = np.where(black, contrast >= _EDGE_CONTRAST, darkest < threshold)
    white = ~black & ~_spread(darkest < threshold - _BROKEN, np.logical_or)
    pale = white & (contrast >= _BLOCK_CONTRAST)
    return (
        dark | (_spread(dark, np.logical_or) & edge),
        pale | (_spread(pale, np.logical_or) & white & (contrast >= _EDGE_CONTRAST)),
    )


def _range_around(darkest: Gray, lightest: Gray, dark: Mask, threshold: int) -> tuple[Gray, Gray]:
    """The darkest and lightest grey around each block, on its own side of the threshold."""
    black = lightest < threshold
    white_low = np.where(black, 255, np.maximum(darkest, threshold - _BROKEN)).astype(np.uint8)
    low = _spread(np.where(black, darkest, 255).astype(np.uint8), np.minimum)
    high = _spread(np.where(black, lightest, 0).astype(np.uint8), np.maximum)
    return (
        np.where(dark, low, _spread(white_low, np.minimum)),
        np.where(dark, np.maximum(low, high), _spread(lightest, np.maximum)),
    )


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


def _ground(gray: Gray, counted: Mask | None = None) -> npt.NDArray[np.float64]:
    """The mean grey of each block and the eight around it; of the dots that are counted."""
    if counted is None:
        return _spread(_sums(gray), np.add) / (9 * _BLOCK**2)
    return _spread(_sums(np.where(counted, gray, 0)), np.add) / np.maximum(1, _spread(_sums(counted), np.add))


def _sums(dots: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    rows, width = dots.shape
    blocks = dots.reshape(rows // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    sums: npt.NDArray[np.float64] = blocks.sum(axis=(1, 3), dtype=np.float64)
    return sums


def _dots_of(blocks: npt.NDArray[T]) -> npt.NDArray[T]:
    """Every block's value for each of its dots."""
    return np.repeat(np.repeat(blocks, _BLOCK, axis=0), _BLOCK, axis=1)


def _thin_strokes(gray: Gray, need: Gray, on_light: Mask, resolution: Resolution) -> Mask:
    """Dots of thin things that differ from a light or a dark ground by `need` (top-hat transforms)."""
    size = (round(_STROKE_MM * resolution.lines_per_mm) | 1, round(_STROKE_MM * _DOTS_PER_MM) | 1)
    darker = _extreme(_extreme(gray, size, np.maximum), size, np.minimum) - gray
    lighter = gray - _extreme(_extreme(gray, size, np.minimum), size, np.maximum)
    strokes: Mask = np.where(on_light, darker, lighter) > need
    return strokes


def _extreme(gray: Gray, size: tuple[int, int], choose: np.ufunc) -> Gray:
    """The largest or smallest grey around each dot, in a window of `size` rows x dots, both odd."""
    for axis, length in enumerate(size):
        before = length // 2
        pad = [(0, 0), (0, 0)]
        pad[axis] = (before, length - 1 - before)
        wide = np.pad(gray, pad, mode="edge")
        reach = 1
        while reach < length:
            step = min(reach, length - reach)
            wide = choose(wide[:-step], wide[step:]) if axis == 0 else choose(wide[:, :-step], wide[:, step:])
            reach += step
        gray = wide
    return gray
