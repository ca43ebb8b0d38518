"""Where a page of any size lands on the fax sheet: fitted, upright, never cropped.

A page keeps its true size when it fits; a larger one is made smaller; a landscape one is turned when that
lets it be larger. Dots are not square (204 across, 98 to 391 down), so width and rows are computed apart.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
from dataclasses import dataclass

import numpy as np
from PIL import Image

from renderers.native.library import library
from renderers.profile import PAGE_WIDTH, Profile
from renderers.spec import Box, Gray

_HUGE_PAGE = 2 << 20


@dataclass(frozen=True)
class Placement:
    """A page on the sheet, in dots: `width` x `rows`, `left` dots from the edge, turned clockwise or not."""

    width: int
    rows: int
    left: int
    turned: bool


def place(width: float, height: float, profile: Profile) -> Placement:
    """Where a page of so many inches goes. Sizes that are not positive count as one hundredth of an inch."""
    found = (ctypes.c_int32 * 4)()
    library().place_page(width, height, *profile.room, profile.resolution.y_dpi, found)
    dots, rows, left, turned = found
    return Placement(dots, rows, left, bool(turned))


def white_sheet(rows: int) -> Gray:
    """A white page to draw on."""
    gray = sheet(rows)
    gray.fill(255)
    return gray


def sheet(rows: int) -> Gray:
    """Memory for a page.

    In huge pages where the kernel has them (transparent_hugepage is `madvise` or `always`): a worker starts
    with fresh memory, and a thousand page faults take longer than drawing a page of text.
    """
    size = -(-rows * PAGE_WIDTH // _HUGE_PAGE) * _HUGE_PAGE
    memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):  # a kernel without huge pages
        memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, np.uint8, rows * PAGE_WIDTH).reshape(rows, PAGE_WIDTH)


def draw_picture(picture: Image.Image, sheet: Gray, box: Box) -> None:
    """Draws a grey picture (mode L) on the sheet, as large as the box (native/resize.c)."""
    gray, place = np.asarray(picture), sheet[box.top : box.bottom, box.left : box.right]
    sizes = (box.right - box.left, box.bottom - box.top, sheet.strides[0])
    if not library().resize(gray.ctypes.data, picture.width, picture.height, place.ctypes.data, *sizes):
        raise ValueError(f"no picture of {picture.width} x {picture.height} dots")
