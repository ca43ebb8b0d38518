"""Real TIFF class F pages, and what they look like: for tests that put them on a line."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

_ONE_STRIP = 1 << 26  # bytes


@dataclass(frozen=True)
class Sheet:
    """One page to draw."""

    rows: int = 300
    width: int = 1728
    y_dpi: int = 98  # 98 standard, 196 fine, 391 superfine
    speckles: int = 100  # single dots: what makes a page expensive on the line


def _draw(sheet: Sheet, number: int, seed: int) -> Image.Image:
    chance = random.Random(f"{seed} {number}")
    page = Image.new("1", (sheet.width, sheet.rows), 1)
    pen = ImageDraw.Draw(page)
    if sheet.rows > 40:
        pen.rectangle((40, 10, sheet.width - 40, sheet.rows - 10), outline=0, width=3)
    for line in range(20, sheet.rows - 30, 40):
        pen.text((60, line), f"Page {number}, row {line}: {chance.getrandbits(64):016x}", fill=0)
    for _ in range(sheet.speckles):
        pen.point((chance.randrange(sheet.width), chance.randrange(sheet.rows)), fill=0)
    return page


def draw_fax(path: Path, sheets: Sequence[Sheet] = (Sheet(),), *, seed: int = 1) -> Path:
    """`path` has these pages, Group 4 in one strip each; the same `seed` gives the same pixels."""
    pages = [_draw(sheet, number, seed) for number, sheet in enumerate(sheets, 1)]
    for sheet, page in zip(sheets, pages, strict=True):
        page.encoderinfo = {"dpi": (204, sheet.y_dpi)}  # Pillow reads it for every page but the first
    how = {"compression": "group4", "strip_size": _ONE_STRIP, "dpi": (204, sheets[0].y_dpi)}
    pages[0].save(path, "TIFF", save_all=True, append_images=pages[1:], **how)
    return path


def pictures(path: Path) -> list[tuple[tuple[int, int], bytes]]:
    """Size and pixels of every page of `path`."""
    found = []
    with Image.open(path) as file:
        for number in range(getattr(file, "n_frames", 1)):
            file.seek(number)
            page = file.convert("1", dither=Image.Dither.NONE)
            found.append((page.size, page.tobytes()))
    return found
