"""Where a page of any size lands on the fax sheet: fitted, upright, never cropped.

A page keeps its true size when it fits; a larger one is made smaller; a landscape one is turned when that
lets it be larger. Dots are not square (204 across, 98 to 391 down), so width and rows are computed apart.
"""

from __future__ import annotations

import contextlib
import mmap
from dataclasses import dataclass

import numpy as np

from renderers.profile import PAGE_WIDTH, X_DPI, Profile
from renderers.spec import Gray

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
    width, height = max(width, 0.01), max(height, 0.01)
    upright = _scale(width, height, profile)
    turned = _scale(height, width, profile) if width > height else 0.0
    if turned > upright:
        width, height = height, width
    scale = max(upright, turned)
    dots = _within(round(width * scale * X_DPI), profile.room[0])
    rows = _within(round(height * scale * profile.resolution.y_dpi), profile.room[1])
    return Placement(dots, rows, (PAGE_WIDTH - dots) // 2, turned > upright)


def white_sheet(rows: int) -> Gray:
    """A white page to draw on.

    In huge pages where the kernel has them (transparent_hugepage is `madvise` or `always`): a worker starts
    with fresh memory, and a thousand page faults take longer than drawing a page of text.
    """
    size = -(-rows * PAGE_WIDTH // _HUGE_PAGE) * _HUGE_PAGE
    memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):  # a kernel without huge pages
        memory.madvise(mmap.MADV_HUGEPAGE)
    gray: Gray = np.frombuffer(memory, np.uint8, rows * PAGE_WIDTH).reshape(rows, PAGE_WIDTH)
    gray.fill(255)
    return gray


def _scale(width: float, height: float, profile: Profile) -> float:
    """How much smaller the page must become to fit; 1.0 when it fits as it is."""
    across, down = profile.room
    room_across, room_down = across / X_DPI, down / profile.resolution.y_dpi
    return min(1.0, room_across / width, room_down / height)


def _within(value: int, most: int) -> int:
    return max(1, min(value, most))
