"""Whether a page needs fine resolution (native/fineness.c)."""

from __future__ import annotations

import numpy as np

from renderers.native.library import library
from renderers.spec import Bits


def needs_fine(bits: Bits) -> bool:
    """Whether something on this page, drawn at fine resolution, could not be read at standard."""
    page = np.ascontiguousarray(bits)
    rows, row_bytes = page.shape
    return bool(library().needs_fine(page.ctypes.data, row_bytes * 8, rows))
