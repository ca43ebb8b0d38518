"""What renderers/native makes of pictures (pictures.c, scan.c, screen.c), written plainly, with NumPy."""

import numpy as np

from renderers.bilevel import stroke_size
from tests.fuzz.plain_contrast import extreme
from tests.fuzz.plain_letters import letters_in_lines


def kind_of(gray, resolution, *, has_texts=False):
    """How a picture is treated."""
    if gray.size < 40_000:
        return "small"
    counts = counts_of(gray)
    if not has_texts and may_be_negative(counts) and is_negative(gray, counts.argmax(), resolution):
        return "negative"
    if is_drawing(counts):
        return "drawing"
    return "photograph" if paper_grey(counts) is None else "paper"


def may_be_negative(counts):
    """Mostly of one grey, which is dark, or has lighter dots on it."""
    ground = int(counts.argmax())
    if ground > 200 or counts[max(0, ground - 26) : ground + 27].sum() <= 0.62 * counts.sum():
        return False
    return ground < 128 or counts[ground + 27 :].sum() > 0.01 * counts.sum()


def is_negative(gray, ground, resolution):
    """More letters are lighter than the ground than darker."""
    light = letters_in_lines(255 - gray, resolution, 255 - ground - 13)
    return light > 0 and light > letters_in_lines(gray, resolution, ground - 13)


def counts_of(gray):
    return np.bincount(gray[::4, ::4].ravel(), minlength=256)


def is_drawing(counts):
    """A tint on white, or few greys."""
    if counts[250:].sum() >= 0.5 * counts.sum():
        middle = counts[40:200]
        if np.convolve(middle, np.ones(5, int)).max() > 0.35 * middle.sum():
            return True
    return np.sort(counts)[-24:].sum() > 0.8 * counts.sum() and paper_grey(counts) is None


def paper_grey(counts, share=0.62):
    """The grey of the paper when so much of the picture is paper; else None."""
    mode = int(counts[100:].argmax()) + 100
    return mode if counts[mode - 26 : mode + 27].sum() > share * counts.sum() else None


def picture(gray, resolution, *, has_texts=False):
    """Which dots of a scan or photograph are black."""
    counts = counts_of(gray)
    if not has_texts and paper_grey(counts, 0.8) is None and letters_in_lines(gray, resolution):
        return without_specks(darker_than_around(gray, resolution))
    paper = paper_grey(counts)
    if paper is None:
        return screened(gray, resolution)
    return without_specks(darker_than_around(gray, resolution, paper))


def negative(gray, resolution):
    """Which dots of a picture with light letters are black."""
    gray = 255 - gray
    return without_specks(darker_than_around(gray, resolution, paper_grey(counts_of(gray))))


def strokes(gray, resolution):
    """Thin things that are darker than their ground."""
    size = stroke_size(resolution)
    ground = extreme(extreme(gray, size, np.maximum), size, np.minimum)
    return ground - gray > 40


def darker_than_around(gray, resolution, paper=None):
    """Than the mean of 11 x 11 squares of 0.5 mm, or simply dark; without paper by a share of these."""
    (rows, width), high = gray.shape, {98: 2, 196: 4, 391: 8}[resolution.y_dpi]
    ends = [np.arange(0, rows, high), np.arange(0, width, 4)]
    sums = np.add.reduceat(np.add.reduceat(gray.astype(int), ends[0], axis=0), ends[1], axis=1)
    sizes = np.minimum(high, rows - ends[0])[:, None] * np.minimum(4, width - ends[1])
    squares = (sums + sizes // 2) // sizes
    means = np.pad(squares, 5, mode="edge")
    mean = (np.lib.stride_tricks.sliding_window_view(means, (11, 11)).sum(axis=(2, 3)) + 60) // 121
    if paper is None:
        papers = extreme(extreme(squares, (41, 41), np.maximum), (41, 41), np.minimum)
        limit = np.maximum(mean - mean * 16 // 100, papers * 35 // 100)
    else:
        limit = np.maximum(mean - 16, int(paper * 0.4))
    return gray < np.repeat(np.repeat(limit, high, axis=0), 4, axis=1)[:rows, :width]


def without_specks(black):
    """Without dots that stand alone."""
    rows, width = black.shape
    wide = np.pad(black, 1)
    near = sum(
        wide[y : y + rows, x : x + width].astype(int) for y in range(3) for x in range(3) if (y, x) != (1, 1)
    )
    return black & (near > 0)


def screened(gray, resolution):
    """A screen of dots, its darkest parts black and its lightest white."""
    rows, width = gray.shape
    share = counts_of(gray).cumsum() / counts_of(gray).sum()
    low, high = min(40, np.searchsorted(share, 0.02)), max(200, np.searchsorted(share, 0.98))
    limit = (low + cell(resolution) * (high - low)).astype(np.uint8)
    return gray < np.tile(limit, (-(-rows // len(limit)), -(-width // 16)))[:rows, :width]


def cell(resolution):
    """A dash as thresholds from 0 to 1."""
    rows = {98: 3, 196: 6, 391: 12}[resolution.y_dpi]
    y, x = np.mgrid[0:rows, 0:16]
    height = np.cos(2 * np.pi * (x + 0.5) / 16) + 4 * np.cos(2 * np.pi * (y + 0.5) / rows)
    order = np.lexsort((y.ravel(), x.ravel(), np.round(height * 1e6).ravel())).argsort()
    return (order.reshape(rows, 16) + 0.5) / (rows * 16)
