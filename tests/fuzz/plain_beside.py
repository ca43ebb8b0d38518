"""What renderers/native/beside.c does, written for the reader and not for speed: whole pages, with NumPy."""

import numpy as np

from renderers.bilevel import stroke_size
from tests.fuzz.plain_contrast import BLOCK, BROKEN, around, dots_of, extreme, sums

NEAR, AROUND, ENOUGH, CONTRAST = (5, 5), (7, 7), 6, 36


def blocks(gray, darkest, lightest, pale, threshold):
    """The blocks with pale text beside black text, and those around them."""
    if not darkest.size:
        return pale.copy()
    gray = gray[: len(darkest) * BLOCK]
    paper = (lightest >= threshold) & ~pale
    limit = lightest.astype(int) - CONTRAST
    lost = (gray >= threshold) & (gray <= dots_of(limit)) & (nearest(gray) >= threshold - BROKEN)
    seen = paper & (darkest <= limit) & (sums(lost) >= ENOUGH)
    return around(seen, np.logical_or) & paper


def rescued(gray, sharp, bits, found, resolution):
    """The bits with their pale text beside black text."""
    whole, size = len(found.darkest) * BLOCK, stroke_size(resolution)
    gray, sharp = gray[:whole], sharp[:whole]
    ground = extreme(extreme(gray, size, np.maximum), size, np.minimum)
    depth = np.where(nearest(gray) < found.threshold - BROKEN, 0, np.maximum(ground, sharp) - sharp)
    most = extreme(depth, AROUND, np.maximum)
    black = np.unpackbits(bits, axis=1).view(np.bool_)
    black[:whole] |= dots_of(found.beside) & (most >= CONTRAST) & (depth > most // 2)
    return np.packbits(black, axis=1)


def nearest(gray):
    """The darkest grey near each dot."""
    return extreme(gray, NEAR, np.minimum)
