"""Grey pages to T.6 in one step of C; the memory is the same from page to page."""

from __future__ import annotations

import ctypes
import mmap
from dataclasses import dataclass

import numpy as np

from renderers.bilevel import content_of, greys_of_blocks, looks
from renderers.fax_code import mmr_code, room_for
from renderers.native.library import library
from renderers.profile import PAGE_WIDTH, Profile
from renderers.spec import BilevelPage, Bits, RasterPage


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
        dots = np.ascontiguousarray(bits)
        is_blank = library().is_blank_page(dots.ctypes.data, row_bytes * 8, rows)
        return cls(mmr_code(bits, row_bytes * 8), rows, row_bytes * 8, bool(is_blank))


class PageCoder:
    """Codes pages of a profile, one after another."""

    def __init__(self, profile: Profile) -> None:
        self._resolution = profile.resolution
        self._margin = profile.margin_rows
        self._room_for_page = profile.room[1]
        self._set_up(profile.rows)

    def _set_up(self, rows: int) -> None:
        """There is memory for pages of so many rows, and the margin."""
        self._rows = rows
        rows += self._margin
        self._bits = np.empty((rows, PAGE_WIDTH // 8), np.uint8)
        self._greys = greys_of_blocks(rows, PAGE_WIDTH)
        self._room = mmap.mmap(-1, room_for(rows, PAGE_WIDTH))
        self._code = (ctypes.c_char * len(self._room)).from_buffer(self._room)

    def code(self, page: RasterPage) -> CodedPage:
        """The page below the white margin. A fax that goes through dot for dot, and full pages, have none.

        Raises:
            MemoryError
        """
        if isinstance(page, BilevelPage):
            return CodedPage.of(page.bits)
        if len(page.gray) > self._rows:
            self._set_up(len(page.gray))
        margin = self._margin if len(page.gray) <= self._room_for_page else 0
        gray, is_blank = np.ascontiguousarray(page.gray), ctypes.c_int()
        given = (gray.ctypes.data, PAGE_WIDTH, len(gray), looks(self._resolution, margin))
        memory = (self._bits.ctypes.data, self._greys.ctypes.data, ctypes.byref(is_blank))
        code = (self._code, len(self._room))
        with content_of(page) as content:
            size = library().code_page(*given, content, *memory, *code)
        if not size:
            raise MemoryError
        return CodedPage(self._room[:size], margin + len(gray), PAGE_WIDTH, bool(is_blank.value))
