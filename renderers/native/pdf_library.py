"""The C functions that look into pages of PDFs, as ctypes calls them."""

from __future__ import annotations

import ctypes
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import pypdfium2_raw

from renderers.errors import ConverterMissing
from renderers.native.library import library

#: The library that draws PDFs, which these functions call, too.
PDFIUM = Path(pypdfium2_raw.__file__).with_name("libpdfium.so")


@lru_cache
def pdf_library() -> Any:
    """The functions of pdf_page.h; the C files say what they do.

    Raises:
        ConverterMissing: they have not been built, or lack a function of pdfium's.
    """
    found, memory = library(), ctypes.c_void_p
    found.find_content.argtypes = [memory] * 5
    found.has_masks.argtypes = [ctypes.c_char_p]
    found.draw_scan.argtypes = [memory] * 4
    if not found.load_pdfium(os.fsencode(PDFIUM)):
        raise ConverterMissing(detail=f"a function is missing in {PDFIUM}")
    return found
