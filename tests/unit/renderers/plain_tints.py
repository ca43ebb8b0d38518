"""What renderers/native/tints.c does, written for the reader and not for speed, with NumPy."""

import numpy as np

from renderers.bilevel import stroke_size
from tests.unit.renderers.plain_contrast import BLOCK, around, dots_of, extreme, sums

SAME_TINT, LIGHT_CONTRAST, TEXT_DOTS, REACH, NONE = 10, 58, 8, 2, 255
LIGHT_STROKE_MM = 1.2


def whitened(gray, sharp, bits, found, ink, resolution):
    """The bits with the tints that begin where `ink` is not 255 made paper, and black text on them."""
    ink = grown(found, ink)
    if (ink < NONE).any():
        ink = np.where(dark_ground(gray, found, ink, resolution), NONE, ink)
    if (ink == NONE).all():
        return bits
    blocks = surroundings(ink < NONE)
    dots = dots_in(blocks)
    limit = np.where(ink < NONE, ink // 2 + found.lightest // 2, 0)
    limits = dots_of(around(limit, np.maximum)[blocks])
    ground = dots_of((ink < NONE)[blocks]) | (gray[dots] <= dots_of(palest(found, ink)[blocks]))
    black = np.unpackbits(bits, axis=1).view(np.bool_)
    darker = gray[dots] // 2 + sharp[dots] // 2 < limits
    black[dots] = np.where(ground & (limits > 0), darker, black[dots])
    return np.packbits(black, axis=1)


def dark_ground(gray, found, ink, resolution):
    """Which blocks have a ground with light text on it, too."""
    blocks = surroundings(ink < NONE)
    page, size = gray[dots_in(blocks)], stroke_size(resolution, LIGHT_STROKE_MM)
    light = page - extreme(extreme(page, size, np.minimum), size, np.maximum) > LIGHT_CONTRAST
    text = np.zeros(ink.shape, np.bool_)
    text[blocks] = sums(light & (page > dots_of(palest(found, ink)[blocks]))) >= TEXT_DOTS
    beside = found.black & around(text & ~found.black, np.logical_or)
    return grown(found, np.where(beside, 0, NONE)) < NONE


def grown(found, ink):
    """The ink of tints, from block to black block, as the ground goes on."""
    lightest = found.lightest.astype(int)
    while True:
        tint = ink < NONE
        low = around(np.where(tint, lightest, 255), np.minimum)
        high = around(np.where(tint, lightest, 0), np.maximum)
        alike = (low <= lightest + SAME_TINT) & (lightest <= high + SAME_TINT)
        more = found.black & ~tint & alike & (high > 0)
        if not more.any():
            return ink
        ink = np.where(more, around(ink, np.minimum), ink)


def palest(found, ink):
    """The palest grey of the ground of a tint in and beside each block; 0 elsewhere."""
    pale = np.minimum(found.lightest.astype(int), 255 - SAME_TINT) + SAME_TINT
    return around(np.where(ink < NONE, pale, 0), np.maximum)


def surroundings(lost):
    """The rows and columns of blocks that matter."""
    places = (np.flatnonzero(lost.any(axis=axis)) for axis in (1, 0))
    ends = [(max(0, int(place[0]) - REACH), int(place[-1]) + REACH + 1) for place in places]
    return tuple(slice(start, min(end, size)) for (start, end), size in zip(ends, lost.shape, strict=True))


def dots_in(blocks):
    return tuple(slice(one.start * BLOCK, one.stop * BLOCK) for one in blocks)
