"""TIFF class F: the one file format faxes have here, written and read through libtiff.

What is written: one directory a page, one strip a page, T.6 (MMR), min-is-white, 1728 dots wide, 204 x
98, 196 or 391 dots per inch. What is read: any fax TIFF, with one or many strips, MH, MR or MMR, either
fill order, either photometric; it comes out as packed bits, 1 = black.

Spec: RFC 2306 (TIFF-F) section 2; RFC 3949 section 4 (profile F); TIFF 6.0. Pillow is not used for this:
it writes PageNumber wrongly, leaves SamplesPerPixel out and needs half a second a page for min-is-white.
Pages are encoded by mmr.py, in a third of libtiff's time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from renderers import tiff_tags as tag
from renderers.document import FaxPages
from renderers.errors import ConverterCrashed, ConverterMissing, DocumentDamaged, DocumentTooLarge
from renderers.mmr import MmrEncoder
from renderers.profile import X_DPI, Resolution
from renderers.spec import Bits

_MMR = 4
_MIN_IS_WHITE = 0
_LEFTMOST_DOT_IS_HIGH_BIT = 1


@lru_cache
def _libtiff() -> Any:
    try:
        lib = ctypes.CDLL("libtiff.so.6")
    except OSError as error:
        raise ConverterMissing.needs("libtiff", "libtiff6") from error
    handle = ctypes.c_void_p
    lib.TIFFOpen.restype = handle
    lib.TIFFOpen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    for name in ("TIFFWriteDirectory", "TIFFClose", "TIFFNumberOfStrips"):
        getattr(lib, name).argtypes = [handle]
    lib.TIFFNumberOfStrips.restype = ctypes.c_uint32
    lib.TIFFSetDirectory.argtypes = [handle, ctypes.c_uint32]
    lib.TIFFWriteRawStrip.argtypes = [handle, ctypes.c_uint32, handle, ctypes.c_ssize_t]
    lib.TIFFWriteRawStrip.restype = ctypes.c_ssize_t
    lib.TIFFReadEncodedStrip.argtypes = [handle, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_ssize_t]
    lib.TIFFReadEncodedStrip.restype = ctypes.c_ssize_t
    lib.TIFFSetErrorHandler.argtypes = lib.TIFFSetWarningHandler.argtypes = [handle]
    lib.TIFFSetErrorHandler(None)
    lib.TIFFSetWarningHandler(None)
    return lib


class FaxWriter:
    """A fax TIFF being written. Leaving the `with` block finishes the file; until then it is not readable."""

    def __init__(self, path: Path, description: str = "") -> None:
        """`description` (ASCII) is kept in the first page's ImageDescription (TIFF 6.0 section 8)."""
        self.path = path
        self._description = description
        self.page_count = 0
        self._encoder = MmrEncoder()
        self._lib = _libtiff()
        self._file = self._lib.TIFFOpen(str(path).encode(), b"w")
        if not self._file:
            raise ConverterCrashed(detail=f"cannot write {path}")

    def __enter__(self) -> FaxWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lib.TIFFClose(self._file)
        if error is None and self.page_count:
            tag.number_the_pages(self.path)

    def add(self, bits: Bits, resolution: Resolution) -> None:
        """Writes one more page; `bits` are rows x width / 8, packed, 1 = black.

        Raises:
            ConverterCrashed: libtiff could not write it, as when the disk is full.
        """
        rows, row_bytes = bits.shape
        for name, value in self._tags(rows, row_bytes * 8).items():
            self._set(name, ctypes.c_uint32(value))
        self._set(tag.X_RESOLUTION, ctypes.c_double(X_DPI))
        self._set(tag.Y_RESOLUTION, ctypes.c_double(resolution.y_dpi))
        # TIFF 6.0 PageNumber: the total is 0 while it is not known; number_the_pages() puts it in.
        self._set(tag.PAGE_NUMBER, ctypes.c_uint32(self.page_count & 0xFFFF), ctypes.c_uint32(0))
        if self._description and not self.page_count:
            self._set(tag.DESCRIPTION, ctypes.c_char_p(self._description.encode("ascii", "replace")))
        code = self._encoder.encode(bits, row_bytes * 8)
        written = self._lib.TIFFWriteRawStrip(self._file, 0, code.ctypes.data, code.nbytes)
        if written != code.nbytes or not self._lib.TIFFWriteDirectory(self._file):
            raise ConverterCrashed(
                detail=f"libtiff could not write page {self.page_count + 1} of {self.path}"
            )
        self.page_count += 1

    @staticmethod
    def _tags(rows: int, width: int) -> dict[int, int]:
        """The tags RFC 2306 section 2.2 requires, and those old readers want to see."""
        return {
            tag.SUBFILE_TYPE: 2,
            tag.WIDTH: width,
            tag.ROWS: rows,
            tag.BITS_PER_SAMPLE: 1,
            tag.COMPRESSION: _MMR,
            tag.PHOTOMETRIC: _MIN_IS_WHITE,
            tag.FILL_ORDER: _LEFTMOST_DOT_IS_HIGH_BIT,
            tag.ORIENTATION: 1,
            tag.SAMPLES_PER_PIXEL: 1,
            tag.ROWS_PER_STRIP: rows,
            tag.PLANAR: 1,
            tag.RESOLUTION_UNIT: 2,
        }

    def _set(self, name: int, *values: Any) -> None:
        self._lib.TIFFSetField(ctypes.c_void_p(self._file), ctypes.c_uint32(name), *values)


def decode_pages(path: Path, name: str = "") -> Iterator[tuple[Bits, tag.Directory]]:
    """Every page's bits (1 = black, rows x width / 8) and tags.

    Raises:
        DocumentDamaged: it is no fax TIFF, or a page cannot be decoded at all.
    """
    name = name or path.name
    directories = tag.read_directories(path, name)
    lib = _libtiff()
    file = lib.TIFFOpen(str(path).encode(), b"r")
    if not file:
        raise DocumentDamaged(name, detail="libtiff cannot open it")
    try:
        for index, directory in enumerate(directories):
            if not directory.is_fax:
                raise DocumentDamaged(name, detail=f"page {index + 1} is no fax page")
            if not lib.TIFFSetDirectory(file, index):
                raise DocumentDamaged(name, detail=f"page {index + 1} cannot be found")
            yield _decode(file, directory, name), directory
    finally:
        lib.TIFFClose(file)


def _decode(file: int, directory: tag.Directory, name: str) -> Bits:
    width, rows = int(directory.number(tag.WIDTH)), int(directory.number(tag.ROWS))
    row_bytes = (width + 7) // 8
    if rows * row_bytes > tag.MOST_DOTS // 8:
        raise DocumentTooLarge(name)
    strip_rows = min(rows, int(directory.number(tag.ROWS_PER_STRIP, rows)) or rows)
    white_is_one = directory.number(tag.PHOTOMETRIC) == 1
    page = np.full(rows * row_bytes, 0xFF if white_is_one else 0, np.uint8)
    lib = _libtiff()
    decoded = 0
    for strip in range(min(lib.TIFFNumberOfStrips(file), -(-rows // strip_rows))):
        start = strip * strip_rows * row_bytes
        space = min(strip_rows * row_bytes, page.size - start)
        # A bad row is repaired by libtiff as T.4 receivers do; a strip it gives up on stays white.
        decoded += max(0, lib.TIFFReadEncodedStrip(file, strip, page.ctypes.data + start, space))
    if not decoded:
        raise DocumentDamaged(name, detail="no strip of the page can be decoded")
    bits = page.reshape(rows, row_bytes)
    bits = ~bits if white_is_one else bits
    if width % 8:
        bits[:, -1] &= 0xFF << (8 - width % 8) & 0xFF
    return bits


def written(path: Path) -> FaxPages:
    """The facts of a file `FaxWriter` has finished."""
    return tag.read_fax_pages(path)
