"""Pictures much longer than the sheet are cut into several, between their lines where that can be.

A screenshot of a whole conversation or web page would be a strip that nobody can read, were it made to fit.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from renderers.profile import X_DPI, Profile
from renderers.spec import Gray

_MOST_SHEETS = 2.0  #: a picture up to so long, when it is no wider than the sheet, is made to fit one
_NARROWEST = 1.5  #: inches: what is narrower is no text in lines
_LONG = 2.5  #: times as long as wide: what is shorter is never cut
_LEAST_DPI = 72  #: of a picture
_WINDOW = 0.2  #: of a sheet, at its end, is looked through for a place between lines
_CALM = 8  #: greys: a row of dots that differ by no more has no letters in it
_REPEATED = 0.2  #: inches that both sheets show where there is no such place
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_MOST_SEGMENTS = 200
#: Segments of JPEG without a length, and those of a frame (ITU-T T.81 table B.1).
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def is_long(width: float, height: float, profile: Profile) -> bool:
    """Whether a picture of so many inches gets several sheets."""
    across, down = _room(profile)
    scale = min(1.0, across / width)
    return height > _LONG * width and width * scale >= _NARROWEST and height * scale > _MOST_SHEETS * down


def may_be_long(path: Path) -> bool:
    """Whether a PNG or JPEG is so long or wide that it could be one; False for all other files."""
    size = _size(path)
    if size is None or min(size) < _NARROWEST * _LEAST_DPI:
        return False
    return max(size) > _LONG * min(size)


def cut(gray: Gray, width: float, height: float, profile: Profile) -> Iterator[Gray]:
    """The picture, which has so many inches, in pieces of a sheet each, as wide as it may be."""
    across, down = _room(profile)
    rows_an_inch = len(gray) / (height * min(1.0, across / width))
    most, repeated = max(2, int(down * rows_an_inch)), int(_REPEATED * rows_an_inch)
    start = 0
    while len(gray) - start > most:
        end = _between_lines(gray, start + most - int(_WINDOW * most), start + most)
        yield gray[start : end or start + most]
        start = end or start + most - min(repeated, most // 2)
    yield gray[start:]


def _room(profile: Profile) -> tuple[float, float]:
    across, down = profile.room
    return across / X_DPI, down / profile.resolution.y_dpi


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


def _size(path: Path) -> tuple[int, int] | None:
    """Width and height in dots as the file says; None when it is neither PNG nor JPEG, or does not say."""
    try:
        with path.open("rb") as file:
            start = file.read(24)
            if start.startswith(_PNG) and len(start) == 24:
                width, height = struct.unpack(">II", start[16:24])
                return (width, height) if width and height else None
            if not start.startswith(_JPEG):
                return None
            file.seek(2)
            for _ in range(_MOST_SEGMENTS):
                mark, kind = file.read(2)
                if mark != 0xFF or kind == 0xDA:
                    return None
                if kind == 0xFF:
                    file.seek(-1, 1)
                elif kind in _FRAMES:
                    height, width = struct.unpack(">HH", file.read(7)[3:])
                    return (width, height) if width and height else None
                elif kind not in _ALONE:
                    (length,) = struct.unpack(">H", file.read(2))
                    file.seek(max(0, length - 2), 1)
    except (OSError, ValueError, struct.error):
        pass
    return None
