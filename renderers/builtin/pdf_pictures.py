"""Where pictures of a PDF page and texts on them lie on the fax page, and the fast way for scans.

Both are C: native/pdf_pictures.c and native/pdf_scan.c.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from renderers.native.library import Content
from renderers.native.pdf_library import pdf_library
from renderers.raster import Placement, sheet
from renderers.spec import Box, Gray, GrayPage, Text

_MOST_PICTURES, _MOST_TEXTS = 20_000, 5_000


class _Room(ctypes.Structure):
    """Memory for what is found: `struct room` of pdf_page.h."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("pictures", "texts")),
        *((name, ctypes.c_int32) for name in ("most_pictures", "most_texts")),
    )


def drawn_page(page: Any, spot: Placement, gray: Gray, redraw: Callable[[], None]) -> GrayPage | None:
    """The page as it was drawn in `gray`, and what is on it.

    That is every image, in the order they are drawn in, the texts that stand on large ones, in dots of the
    fax page, and whether there are but letters, and dark ones. None when an image is lacking: pdfium says
    nothing of those it cannot decode. Where letters show what is below them the page is drawn anew.
    """
    boxes, texts = np.empty((_MOST_PICTURES, 4), np.int32), np.empty((_MOST_TEXTS, 5), np.int32)
    room, content = _Room(boxes.ctypes.data, texts.ctypes.data, len(boxes), len(texts)), Content()
    found = ctypes.byref(content)
    if not pdf_library().find_content(page.raw, _dots_of(spot), gray.ctypes.data, ctypes.byref(room), found):
        return None
    if content.has_faint:
        redraw()
    pictures = (Box(*map(int, box)) for box in boxes[: content.picture_count])
    written = (Text(Box(*map(int, sides)), int(grey)) for *sides, grey in texts[: content.text_count])
    return GrayPage(
        gray, tuple(pictures), tuple(written), bool(content.only_letters), bool(content.only_dark)
    )


def may_be_scans(path: Path) -> bool:
    """Whether pages of this file may be drawn as scans: no picture in it is other than its dots say."""
    return not pdf_library().has_masks(os.fsencode(path))


def scanned_page(page: Any, spot: Placement) -> GrayPage | None:
    """The page when it is a scan; None when it must be drawn."""
    gray, box = sheet(spot.rows), (ctypes.c_int32 * 4)()
    if not pdf_library().draw_scan(page.raw, _dots_of(spot), gray.ctypes.data, box):
        return None
    return GrayPage(gray, (Box(*box),))


def _dots_of(spot: Placement) -> ctypes.Array[ctypes.c_int32]:
    return (ctypes.c_int32 * 4)(*map(int, astuple(spot)))
