"""Where the pictures of a PDF page lie on the fax page, and the fast way for scans (native/pdf_scan.c)."""

from __future__ import annotations

import ctypes
import os
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from renderers.native.pdf_library import pdf_library
from renderers.raster import Placement, sheet
from renderers.spec import Box, GrayPage

_MOST_PICTURES = 20_000


def find_pictures(page: Any, spot: Placement) -> tuple[Box, ...]:
    """Every image on the page as a box in dots of the fax page, in the order they are drawn in."""
    boxes = np.empty((_MOST_PICTURES, 4), np.int32)
    count = pdf_library().find_pictures(page.raw, _dots_of(spot), boxes.ctypes.data, len(boxes))
    return tuple(Box(*map(int, box)) for box in boxes[:count])


def scanned_page(page: Any, path: Path, spot: Placement) -> GrayPage | None:
    """The page of this file when it is a scan; None when it must be drawn."""
    gray, box = sheet(spot.rows), (ctypes.c_int32 * 4)()
    if not pdf_library().draw_scan(page.raw, os.fsencode(path), _dots_of(spot), gray.ctypes.data, box):
        return None
    return GrayPage(gray, (Box(*box),))


def _dots_of(spot: Placement) -> ctypes.Array[ctypes.c_int32]:
    return (ctypes.c_int32 * 4)(*map(int, astuple(spot)))
