"""Any fax TIFF, read through libtiff: one strip or many, MH, MR or MMR, either fill order or photometric.

It comes out as packed bits, 1 = black. tiff_writer.py writes ours.

Spec: RFC 2306 (TIFF-F) section 2; RFC 3949; TIFF 6.0.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from renderers import tiff_tags as tag
from renderers.errors import ConverterMissing, DocumentDamaged, DocumentTooLarge
from renderers.spec import Bits


@lru_cache
def _libtiff() -> Any:
    try:
        lib = ctypes.CDLL("libtiff.so.6")
    except OSError as error:
        raise ConverterMissing.needs("libtiff", "libtiff6") from error
    handle = ctypes.c_void_p
    lib.TIFFOpen.restype = handle
    lib.TIFFOpen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    for name in ("TIFFClose", "TIFFNumberOfStrips"):
        getattr(lib, name).argtypes = [handle]
    lib.TIFFNumberOfStrips.restype = ctypes.c_uint32
    lib.TIFFSetDirectory.argtypes = [handle, ctypes.c_uint32]
    lib.TIFFReadEncodedStrip.argtypes = [handle, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_ssize_t]
    lib.TIFFReadEncodedStrip.restype = ctypes.c_ssize_t
    lib.TIFFSetErrorHandler.argtypes = lib.TIFFSetWarningHandler.argtypes = [handle]
    lib.TIFFSetErrorHandler(None)
    lib.TIFFSetWarningHandler(None)
    return lib


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
