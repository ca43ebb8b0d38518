"""Plain text, drawn glyph by glyph on a grid of cells: a page takes a few milliseconds.

Text with letters that join, combine, run from right to left or fill two cells (Arabic, Hebrew, Hindi,
Chinese) needs real typesetting and goes through the HTML renderer instead.
"""

from __future__ import annotations

import html
import re
import textwrap
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from renderers.builtin.html import html_pages
from renderers.charset import decoded
from renderers.document import SourceDocument
from renderers.errors import DocumentEmpty, DocumentProtected, DocumentTooLarge, TooManyPages
from renderers.fonts import MONOSPACED, font
from renderers.media_type import PLAIN
from renderers.profile import PAGE_WIDTH, X_DPI, Profile
from renderers.raster import white_sheet
from renderers.spec import BUILTIN, NOT_MINE, Gray, GrayPage, RasterPage, Workshop

COLUMNS = 80
#: Lists are as wide as line printers print them.
MOST_COLUMNS = 132
_CELL = 19  #: dots across: 80 columns leave 13 mm on either side
_WIDTH = COLUMNS * _CELL
#: Words in columns of their own: three spaces between two of them, or a tab.
_COLUMN_GAP = re.compile(r"\S(?: {3,}|\t)\s*\S")
#: What terminals and line printers do with letters: colours; one printed over another.
_CONTROLS = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]|\x1b[()][0-9A-Za-z]|.\x08")
_CIPHER = "-----BEGIN PGP MESSAGE-----"  # RFC 9580 6.2: what follows is for a key, not for a reader
_LINE_INCHES = 38 / X_DPI
_EM = 31  #: dots: 11 points
_TOP_INCHES = 0.45
_TAB = 8
_MOST_BYTES = 20_000_000
_OVERSAMPLED = 4


class TextRenderer:
    """Plain text in any charset; form feeds begin a new page."""

    name = "text"

    def score(self, document: SourceDocument) -> int:
        """Accepts plain text."""
        return BUILTIN if document.media_type == PLAIN else NOT_MINE

    def pages(self, document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
        """80 columns a line, wrapped at words, about 57 lines a page; wide lists in narrower letters."""
        if document.path.stat().st_size > _MOST_BYTES:
            raise DocumentTooLarge(document.name)
        text = _CONTROLS.sub("", decoded(document.path.read_bytes(), document.charset))
        if not text.strip():
            raise DocumentEmpty(document.name)
        if text.lstrip().startswith(_CIPHER):
            raise DocumentProtected(document.name)
        if all(map(_has_own_cell, set(text))):
            return _grid_pages(text, document.name, workshop.profile)
        return html_pages(_as_html(text), document, workshop)


def lines_of(text: str, columns: int = COLUMNS) -> list[list[str]]:
    """Pages of lines: form feeds split pages, tabs are expanded, long lines wrapped at words."""
    wrap = textwrap.TextWrapper(
        columns, expand_tabs=False, replace_whitespace=False, drop_whitespace=True, break_on_hyphens=False
    )
    pages = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\f").split("\f")
    return [_wrapped(page.removesuffix("\n"), wrap, columns) for page in pages]


def columns_for(text: str) -> int:
    """How many columns a line has: 80, or as many as the widest line of a list that fits 132."""
    wide = [line for line in text.expandtabs(_TAB).splitlines() if len(line.rstrip()) > COLUMNS]
    lists = [line for line in wide if _COLUMN_GAP.search(line)]
    longest = max((len(line.rstrip()) for line in wide), default=0)
    return longest if len(lists) * 2 > len(wide) and longest <= MOST_COLUMNS else COLUMNS


def _wrapped(page: str, wrap: textwrap.TextWrapper, columns: int) -> list[str]:
    lines: list[str] = []
    for line in page.split("\n"):
        clean = "".join(c for c in line.expandtabs(_TAB) if c.isprintable() or c == "\xa0").rstrip()
        lines += [clean] if len(clean) <= columns else wrap.wrap(clean)
    return lines


def _grid_pages(text: str, name: str, profile: Profile) -> Iterator[RasterPage]:
    cell_rows = round(_LINE_INCHES * profile.resolution.y_dpi)
    top = round(_TOP_INCHES * profile.resolution.y_dpi)
    room = (profile.rows - 2 * top) // cell_rows
    columns, count = columns_for(text), 0
    for lines in lines_of(text, columns):
        for start in range(0, max(1, len(lines)), room):
            count += 1
            if count > profile.page_limit:
                raise TooManyPages.over(profile.page_limit, name)
            yield GrayPage(_drawn(lines[start : start + room], columns, profile, cell_rows, top))


def _drawn(lines: list[str], columns: int, profile: Profile, cell_rows: int, top: int) -> Gray:
    cell = _WIDTH // columns
    letters = sorted(set("".join(lines)) | {" "})
    glyphs = np.stack([_glyph(letter, cell, cell_rows) for letter in letters])
    number = {letter: index for index, letter in enumerate(letters)}
    blank = number[" "]
    cells = np.full((len(lines), columns), blank, np.intp)
    for row, line in enumerate(lines):
        cells[row, : len(line)] = [number[letter] for letter in line]
    text = glyphs[cells].transpose(0, 2, 1, 3).reshape(len(lines) * cell_rows, columns * cell)
    gray = white_sheet(profile.rows)
    left = (PAGE_WIDTH - columns * cell) // 2
    gray[top : top + len(text), left : left + text.shape[1]] = text
    return gray


@lru_cache(maxsize=4096)
def _glyph(letter: str, cell: int, cell_rows: int) -> Gray:
    """The letter in its cell, drawn large and made small so that it is right for dots that are not square."""
    face = font(MONOSPACED, _EM * _OVERSAMPLED)
    tall = round(_LINE_INCHES * X_DPI) * _OVERSAMPLED
    large = Image.new("L", (_CELL * _OVERSAMPLED, tall), 255)
    ImageDraw.Draw(large).text((0, tall * 0.78), letter, font=face, fill=0, anchor="ls")
    return np.asarray(large.resize((cell, cell_rows), Image.Resampling.BOX))


def _has_own_cell(letter: str) -> bool:
    """Whether the letter can stand alone in one cell, and the font has it."""
    if letter < "\x7f":
        return True
    if not letter.isprintable():
        return letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf")
    alone = unicodedata.bidirectional(letter) not in ("R", "AL", "AN") and not unicodedata.combining(letter)
    narrow = unicodedata.east_asian_width(letter) not in ("W", "F")
    return alone and narrow and _in_font(letter)


@lru_cache(maxsize=4096)
def _in_font(letter: str) -> bool:
    return _shape(letter) != _shape("\U0010fffd")  # a code point that no font has


def _shape(letter: str) -> bytes:
    cell = Image.new("1", (40, 48))
    ImageDraw.Draw(cell).text((4, 36), letter, font=font(MONOSPACED, 32), fill=1, anchor="ls")
    return cell.tobytes()


def _as_html(text: str) -> bytes:
    style = "white-space: pre-wrap; unicode-bidi: plaintext; font: 11pt 'DejaVu Sans Mono', monospace"
    pages = [html.escape(page) for page in text.removesuffix("\f").split("\f")]
    breaks = ["auto"] + ["page"] * (len(pages) - 1)
    body = "".join(
        f'<pre style="{style}; break-before: {how}">{page}</pre>'
        for how, page in zip(breaks, pages, strict=True)
    )
    return f"<!doctype html><meta charset=utf-8>{body}".encode()
