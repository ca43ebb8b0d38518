"""Fax lines as T.6 (MMR), by the C of renderers/native."""

from __future__ import annotations

import numpy as np

from renderers.native.library import library
from renderers.spec import Bits

#: No dot takes more than a byte, and no line more than this besides.
_LINE_ROOM = 64


class MmrEncoder:
    """Encodes one page after another into the same memory."""

    def __init__(self) -> None:
        self._room: Bits = np.empty(0, np.uint8)

    def encode(self, bits: Bits, width: int) -> Bits:
        """The page's code with its end-of-block; it is overwritten by the next page."""
        lines = np.ascontiguousarray(bits)
        needed = (len(lines) + 1) * (width + _LINE_ROOM)
        if self._room.size < needed:
            self._room = np.empty(needed, np.uint8)
        room = self._room
        size = library().mmr_encode(lines.ctypes.data, width, len(lines), room.ctypes.data, room.nbytes)
        if not size:
            raise ValueError(f"no fax page: {len(lines)} lines of {width} dots")
        return room[:size]
