"""Grey pages of text and lines to T.6 in one step of C; what else is on a page is left to bilevel.py.

The dots are the same either way; the memory is the same from page to page.
"""

from __future__ import annotations

import ctypes
import mmap
from dataclasses import dataclass

import numpy as np

from renderers.bilevel import looks
from renderers.fax_code import mmr_code, room_for
from renderers.native.library import Looks, library
from renderers.profile import PAGE_WIDTH, Profile
from renderers.spec import Bits, Gray

#: Black dots that a page without anything on it may have: a speck of half a millimetre.
_DUST = 16
_BLOCK_ROWS, _BLOCK_DOTS, _GREYS = 8, 16, 6


@dataclass(frozen=True)
class CodedPage:
    """A page as T.6: so many rows of so many dots; `is_blank` when nothing is on it but perhaps dust."""

    code: bytes
    rows: int
    width: int
    is_blank: bool

    @classmethod
    def of(cls, bits: Bits) -> CodedPage:
        """The page of these bits."""
        rows, row_bytes = bits.shape
        ink = int(np.bitwise_count(bits).sum())
        return cls(mmr_code(bits, row_bytes * 8), rows, row_bytes * 8, ink <= _DUST)


class PageCoder:
    """Codes pages of a profile, one after another."""

    def __init__(self, profile: Profile) -> None:
        self._margin = profile.margin_rows
        self._looks = Looks(**looks(profile.resolution), margin_rows=self._margin)
        rows = profile.rows
        self._rows = rows
        self._bits = np.empty((rows + self._margin, PAGE_WIDTH // 8), np.uint8)
        self._blocks = np.empty((_GREYS, rows // _BLOCK_ROWS, PAGE_WIDTH // _BLOCK_DOTS), np.uint8)
        self._room = mmap.mmap(-1, room_for(rows + self._margin, PAGE_WIDTH))
        self._code = (ctypes.c_char * len(self._room)).from_buffer(self._room)

    def code(self, gray: Gray) -> CodedPage | None:
        """The page, below its margin; None when it needs more than its dots compared with a threshold."""
        if len(gray) > self._rows:
            return None
        page, is_blank = np.ascontiguousarray(gray), ctypes.c_int()
        memory = (self._bits.ctypes.data, self._blocks.ctypes.data, ctypes.byref(is_blank))
        code = (self._code, len(self._room))
        size = library().code_page(page.ctypes.data, PAGE_WIDTH, len(page), self._looks, *memory, *code)
        if not size:
            return None
        rows = self._margin + len(page)
        return CodedPage(self._room[:size], rows, PAGE_WIDTH, bool(is_blank.value))
