"""Whether a page needs fine resolution: small letters and photographs do, large letters do not.

At standard resolution two scan lines become one, so what counts is how often letters have only two or three
white lines between their strokes. Chosen on three typefaces at 7 to 16 points: up to 9 points that is more
than a fifth of the gaps in letters, from 10 points on it is less.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from renderers.spec import Bits

_BAND = 116  #: rows: 15 mm at fine
_NARROW, _WIDEST = 3, 12  #: rows of a gap that is lost at standard, and of one inside letters
_LEAST_GAPS = 300  #: in a band; fewer say nothing
_MOST_NARROW = 0.2


def needs_fine(bits: Bits) -> bool:
    """Whether something on this page, drawn at fine resolution, could not be read at standard."""
    return any(_is_small(bits[top : top + _BAND]) for top in range(0, len(bits), _BAND))


def _is_small(band: Bits) -> bool:
    gaps = _gaps(band)
    inside = gaps[gaps <= _WIDEST]
    return len(inside) >= _LEAST_GAPS and float(np.mean(inside <= _NARROW)) > _MOST_NARROW


def _gaps(band: Bits) -> npt.NDArray[np.int64]:
    """How long the white stretches between two black dots of a column are, in rows."""
    dots = np.unpackbits(band, axis=1).astype(np.int8).T
    changes = np.diff(dots, axis=1)
    columns, rows = np.nonzero(changes)
    values = changes[columns, rows]
    between = (columns[1:] == columns[:-1]) & (values[:-1] == -1) & (values[1:] == 1)
    gaps: npt.NDArray[np.int64] = (rows[1:] - rows[:-1])[between]
    return gaps
