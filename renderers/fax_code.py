"""Fax lines as T.6 (MMR) and T.4 (MH), by the C of renderers/native."""

from __future__ import annotations

import ctypes
import mmap
from typing import Any

import numpy as np

from renderers.native.library import library
from renderers.spec import Bits

#: No dot takes more than a byte, and no line more than this besides.
_LINE_ROOM = 64


def mmr_code(bits: Bits, width: int) -> bytes:
    """The page in T.6 with its end-of-block, the highest bit first."""
    return _encoded(library().mmr_encode, bits, width)


def mh_code(bits: Bits, width: int) -> bytes:
    """The page in one-dimensional T.4, an end-of-line before each line, the highest bit first."""
    return _encoded(library().mh_encode, bits, width)


def room_for(rows: int, width: int) -> int:
    """How many bytes the code of a page takes at most."""
    return (rows + 1) * (width + _LINE_ROOM)


def _encoded(encode: Any, bits: Bits, width: int) -> bytes:
    lines = np.ascontiguousarray(bits)
    with mmap.mmap(-1, room_for(len(lines), width)) as room:  # most of it is never touched
        memory = (ctypes.c_char * len(room)).from_buffer(room)
        size = encode(lines.ctypes.data, width, len(lines), memory, len(room))
        del memory
        if not size:
            raise ValueError(f"no fax page: {len(lines)} lines of {width} dots")
        return room[:size]
