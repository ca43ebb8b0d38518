"""Grey to black and white: text stays sharp, paper goes white, photographs become a screen of dots.

One threshold for the page; then every picture on it is judged alone. What stands on clean white (a
screenshot, a page that a program drew) or has few greys is a drawing and treated like text, pale strokes
included. What looks like paper (a scan) is compared with the mean of its surroundings, so that grey paper and
shadows go white. What remains is a photograph and gets a clustered-dot screen: error diffusion would look a
little finer and take five times as long on the line, because its scattered dots do not compress
(docs/rendering.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from renderers.contrast import Survey, T, darker_strokes, rescue_text, stroke_size, survey
from renderers.native.library import library
from renderers.profile import Resolution
from renderers.spec import Bits, Box, Gray, GrayPage

#: Grey below which a dot is black. Not the middle: thin grey text would break up.
THRESHOLDS = {Resolution.STANDARD: 180, Resolution.FINE: 168, Resolution.SUPERFINE: 168}
#: Pictures with fewer dots than this (logos, rules, bullets) are treated like text.
SMALL_PICTURE = 40_000
#: A picture is paper when this share of it lies within PAPER_SPREAD greys of its most frequent bright grey.
PAPER_SHARE = 0.62
PAPER_SPREAD = 26
#: Paper is at least this bright.
PAPER_FLOOR = 100
#: On paper a dot is black when it is this much darker than the mean of about 41 x 41 dots around it ...
LOCAL_CONTRAST = 12
#: ... or darker than this share of the paper, so that large black areas stay black.
SOLID_SHARE = 0.4

#: A picture is a drawing (chart, screenshot) when so few greys make up this share of it ...
DRAWING_GREYS, DRAWING_SHARE = 24, 0.8
#: ... or when this share of it is as white as programs make it, and scanners that clip, and a tint is flat:
CLEAN_GREY, CLEAN_SHARE = 250, 0.5
#: so much of what is neither black nor white is of so many greys beside one another.
TINT_GREYS, TINT_SHARE = 5, 0.35
MIDDLE = slice(40, 200)
#: Strokes on a drawing are black when they are this much darker than their ground: those of small
#: pictures that were made larger are pale.
STROKE_CONTRAST = 40

#: A photograph's contrast is stretched until this share of its dots is black, and white; but no further
#: than to these greys.
CLIPPED = 0.02
DARKEST_BLACK, PALEST_WHITE = 40, 200

#: A rule is at least so long, and so far beside it the page is lighter.
_RULE_MM, _BESIDE_RULE_MM = 6.0, 0.4

Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.intp]


def bilevel(page: GrayPage, resolution: Resolution) -> Bits:
    """The page in black and white, packed: 1 = black, eight dots a byte."""
    threshold = THRESHOLDS[resolution]
    pictures = [box for box in page.pictures if _dots(box) >= SMALL_PICTURE]
    drawings = [box for box in pictures if is_drawing(_counts(page.gray[_inside(box)]))]
    others = tuple(box for box in page.pictures if box not in drawings)
    photos = [box for box in pictures if box not in drawings]
    found = survey(page.gray, others, threshold)
    bits, sharp = found.bits, page.gray
    if resolution is Resolution.STANDARD:
        sharp = sharpened(page.gray)
        bits = survey(sharp, (), threshold).bits
    _draw_rules(page.gray, found, photos, resolution, bits)
    if resolution is Resolution.STANDARD:
        # Blocks of 16 lines are as high as a line of text, and few lie in a tint altogether.
        found = survey(_doubled(page.gray), tuple(map(_twice_as_tall, others)), threshold)
        tall = _doubled(bits)
        rescue_text(_doubled(page.gray), _doubled(sharp), tall, found, Resolution.FINE)
        bits = np.ascontiguousarray(tall[::2])
    else:
        rescue_text(page.gray, sharp, bits, found, resolution)
    for box in drawings:
        strokes = darker_strokes(page.gray[_inside(box)], resolution) > STROKE_CONTRAST
        _put(bits, box, strokes, np.logical_or)
    for box in photos:
        _put(bits, box, picture(page.gray[_inside(box)], resolution))
    return bits


def looks(resolution: Resolution) -> dict[str, int]:
    """What the C of renderers/native has to know of a resolution (`struct looks` in pages.h)."""
    beside, least = (round(mm * resolution.lines_per_mm) for mm in (_BESIDE_RULE_MM, _RULE_MM))
    # At standard resolution text is looked for on a page of twice as many rows: see bilevel().
    rows, dots = stroke_size(Resolution.FINE if resolution is Resolution.STANDARD else resolution)
    return {
        "threshold": THRESHOLDS[resolution],
        "beside_rows": beside,
        "least_rows": least,
        "stroke_rows": rows,
        "stroke_dots": dots,
        "is_coarse": resolution is Resolution.STANDARD,
    }


def _put(bits: Bits, box: Box, black: Mask, add: np.ufunc | None = None) -> None:
    """Draws what is in the box: in place of what is there, or added to it."""
    window = bits[box.top : box.bottom, box.left // 8 : -(-box.right // 8)]
    dots = np.unpackbits(window, axis=1)
    inside = dots[:, box.left % 8 : box.left % 8 + black.shape[1]]
    inside[:] = add(inside, black) if add else black
    window[:] = np.packbits(dots, axis=1)


def _draw_rules(
    gray: Gray, found: Survey, pictures: Sequence[Box], resolution: Resolution, bits: Bits
) -> None:
    """Blackens thin grey rules of 6 mm and more that the threshold would leave out; not within `pictures`."""
    greys = (np.ascontiguousarray(gray), found.darkest, found.lightest)
    boxes = np.array([astuple(box) for box in pictures], np.int32)
    rows, width = gray.shape
    sizes = [looks(resolution)[name] for name in ("threshold", "beside_rows", "least_rows")]
    places = (boxes.ctypes.data, len(boxes), bits.ctypes.data)
    addresses = (one.ctypes.data for one in greys)
    library().draw_rules(*addresses, width, rows, *sizes, *places)


def sharpened(gray: Gray) -> Gray:
    """The page with every dot differing twice as much from those above and below it.

    At standard resolution a line is as high as a stroke: what lies across two of them is grey in both.
    """
    page = np.ascontiguousarray(gray)
    sharp = np.empty_like(page)
    library().sharpen(page.ctypes.data, page.shape[1], len(page), sharp.ctypes.data)
    return sharp


def picture(gray: Gray, resolution: Resolution) -> Mask:
    """Which dots of a scan or photograph are black."""
    counts = _counts(gray)
    paper = paper_grey(counts)
    if paper is not None:
        return _without_specks(_local_mean(gray, paper))
    return _screened(gray, counts, resolution)


def is_drawing(counts: Counts) -> bool:
    """Whether a program drew the picture, given how often each grey occurs: a tint on white, or few greys."""
    if counts[CLEAN_GREY:].sum() >= CLEAN_SHARE * counts.sum():
        middle = counts[MIDDLE]
        flat = np.convolve(middle, np.ones(TINT_GREYS, np.intp)).max()
        if flat > TINT_SHARE * middle.sum():
            return True
    few = np.sort(counts)[-DRAWING_GREYS:].sum() > DRAWING_SHARE * counts.sum()
    return bool(few and paper_grey(counts) is None)


def paper_grey(counts: Counts) -> int | None:
    """The grey of the paper when the picture is mostly paper, given how often each grey occurs; else None."""
    mode = int(counts[PAPER_FLOOR:].argmax()) + PAPER_FLOOR
    near = counts[mode - PAPER_SPREAD : mode + PAPER_SPREAD + 1].sum()
    return mode if near > PAPER_SHARE * counts.sum() else None


def _local_mean(gray: Gray, paper: int) -> Mask:
    """Black where darker than its surroundings, or simply dark.

    The mean is taken of every 4 x 4 dots and their surroundings, for all of them alike: a fifth of the time,
    and no dot differs that an eye would see.
    """
    small = Image.fromarray(gray).reduce(4).filter(ImageFilter.BoxBlur(5))
    limit = np.maximum(np.asarray(small), LOCAL_CONTRAST) - LOCAL_CONTRAST
    limit = np.repeat(np.maximum(limit, np.uint8(paper * SOLID_SHARE)), 4, axis=1)[:, : gray.shape[1]]
    black = np.empty(gray.shape, np.bool_)
    for row in range(min(4, len(gray))):
        lines = gray[row::4]
        np.less(lines, limit[: len(lines)], out=black[row::4])
    return black


def _without_specks(black: Mask) -> Mask:
    """The picture without dots that stand alone: dust and noise cost more time on the line than text."""
    bits = np.pad(np.packbits(black, axis=1), 1)
    beside = (bits[:, 1:-1] >> 1) | (bits[:, 1:-1] << 1) | (bits[:, :-2] << 7) | (bits[:, 2:] >> 7)
    across = beside | bits[:, 1:-1]
    near = across[:-2] | beside[1:-1] | across[2:]
    kept = (bits[1:-1, 1:-1] & near).astype(np.uint8)
    return np.unpackbits(kept, axis=1, count=black.shape[1]).view(np.bool_)


def _screened(gray: Gray, counts: Counts, resolution: Resolution) -> Mask:
    """The picture as a screen of dots, its darkest parts black and its lightest white."""
    width = gray.shape[1]
    low, high = _range_of(counts)
    cell = (low + _cell(resolution) * (high - low)).astype(np.uint8)
    tiles = np.tile(cell, (1, -(-width // cell.shape[1])))[:, :width]
    black = np.empty(gray.shape, np.bool_)
    for row in range(len(cell)):
        np.less(gray[row :: len(cell)], tiles[row], out=black[row :: len(cell)])
    return black


def _range_of(counts: Counts) -> tuple[int, int]:
    """The greys that become black and white: few dots of the picture are darker or lighter than these."""
    share = counts.cumsum() / max(1, counts.sum())
    low, high = (int(np.searchsorted(share, limit)) for limit in (CLIPPED, 1 - CLIPPED))
    return min(low, DARKEST_BLACK), max(high, PALEST_WHITE)


@lru_cache
def _cell(resolution: Resolution) -> npt.NDArray[np.float64]:
    """A clustered dot as thresholds from 0 to 1: a dash of 2 x 0.8 mm that grows along the line first.

    Changes of colour along a line are what a fax is made of: this has half as many as a square dot.
    """
    width, rows = 16, {98: 3, 196: 6, 391: 12}[resolution.y_dpi]
    y, x = np.mgrid[0:rows, 0:width]
    height = np.cos(2 * np.pi * (x + 0.5) / width) + 4 * np.cos(2 * np.pi * (y + 0.5) / rows)
    order = height.argsort(axis=None, kind="stable").argsort(kind="stable").reshape(rows, width)
    cell: npt.NDArray[np.float64] = (order + 0.5) / (rows * width)
    return cell


def _counts(gray: Gray) -> Counts:
    """How often each grey occurs, by every sixteenth dot."""
    return np.bincount(gray[::4, ::4].ravel(), minlength=256)


def _doubled(page: npt.NDArray[T]) -> npt.NDArray[T]:
    return np.repeat(page, 2, axis=0)


def _twice_as_tall(box: Box) -> Box:
    return Box(box.left, 2 * box.top, box.right, 2 * box.bottom)


def _inside(box: Box) -> tuple[slice, slice]:
    return slice(box.top, box.bottom), slice(box.left, box.right)


def _dots(box: Box) -> int:
    return max(0, box.right - box.left) * max(0, box.bottom - box.top)
