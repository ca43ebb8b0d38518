"""Packed fax lines: more or fewer of them, and back to grey."""

from __future__ import annotations

import numpy as np

from renderers.profile import Resolution
from renderers.spec import Bits, Gray


def at_lines(bits: Bits, have: Resolution, want: Resolution) -> Bits:
    """The same page at another resolution down the page.

    To fewer lines, a dot is black when any of the lines it stands for has it: thin strokes survive. To more
    lines, each is repeated, so that nothing is lost or invented.
    """
    factor = round(max(have.y_dpi, want.y_dpi) / min(have.y_dpi, want.y_dpi))
    if factor == 1:
        return bits
    if want.y_dpi > have.y_dpi:
        return np.repeat(bits, factor, axis=0)
    missing = -len(bits) % factor
    whole = np.pad(bits, ((0, missing), (0, 0))) if missing else bits
    merged: Bits = np.bitwise_or.reduce(whole.reshape(-1, factor, bits.shape[1]), axis=1)
    return merged


def gray_of(bits: Bits, width: int) -> Gray:
    """The page in grey, `width` dots wide: 0 where black, 255 where white."""
    dots = np.unpackbits(bits, axis=1, count=width)
    return (1 - dots) * np.uint8(255)
