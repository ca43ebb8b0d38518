"""The pages of a TIFF class F file, read by their tags alone: how many are whole, and a copy of those.

Reads what a crash may have left behind, so nothing in the file is believed: a page counts when its
directory and all its strips lie inside the file. Rows are not decoded.

Spec: TIFF 6.0 section 2 (header, directories); RFC 2306 (class F tags).
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from telephony.errors import UnreadablePages

_WIDTH, _ROWS, _STRIP_OFFSETS, _STRIP_SIZES = 256, 257, 273, 279
_Y_RESOLUTION, _RESOLUTION_UNIT = 283, 296
_CENTIMETRES = 3
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8}  # BYTE, ASCII, SHORT, LONG, RATIONAL
_FORMATS = {1: "B", 3: "H", 4: "I"}
_MAX_PAGES = 10_000  # directories may form a ring; more pages than this are no fax


@dataclass(frozen=True, slots=True)
class StoredPage:
    """One whole page of a file."""

    width: int  #: pixels
    rows: int
    y_dpi: int  #: lines per inch, rounded: 98, 196 or 391 in class F
    next_at: int  #: where the file keeps the offset of the next directory


class _Broken(Exception):
    """The file ends, or lies, here."""


@dataclass(frozen=True, slots=True)
class _Tiff:
    data: bytes
    order: str  #: "<" or ">"

    def numbers(self, fmt: str, at: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + fmt, self.data, at)
        except struct.error:
            raise _Broken from None

    def values(self, kind: int, count: int, at: int) -> tuple[int, ...]:
        """The numbers of one tag; a rational gives numerator and denominator."""
        if kind not in _SIZES or count > len(self.data):
            raise _Broken
        if _SIZES[kind] * count > 4:
            (at,) = self.numbers("I", at)
        if kind == 5:
            return self.numbers(f"{2 * count}I", at)
        return self.numbers(f"{count}{_FORMATS.get(kind, 'B')}", at)

    def directory(self, at: int) -> tuple[dict[int, tuple[int, ...]], int]:
        """The tags of a directory, and where it keeps the offset of the next one."""
        (count,) = self.numbers("H", at)
        tags = {}
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind, length = self.numbers("HHI", entry)
            if tag in {_WIDTH, _ROWS, _STRIP_OFFSETS, _STRIP_SIZES, _Y_RESOLUTION, _RESOLUTION_UNIT}:
                tags[tag] = self.values(kind, length, entry + 8)
        return tags, at + 2 + 12 * count

    def page(self, at: int) -> StoredPage:
        tags, next_at = self.directory(at)
        self.numbers("I", next_at)
        offsets, sizes = tags.get(_STRIP_OFFSETS, ()), tags.get(_STRIP_SIZES, ())
        if not offsets or len(offsets) != len(sizes):
            raise _Broken
        if any(start + size > len(self.data) for start, size in zip(offsets, sizes, strict=True)):
            raise _Broken
        width, rows = tags.get(_WIDTH, (0,)), tags.get(_ROWS, (0,))
        if not width or not rows or not width[0] or not rows[0]:
            raise _Broken
        return StoredPage(width[0], rows[0], self._y_dpi(tags), next_at)

    def _y_dpi(self, tags: dict[int, tuple[int, ...]]) -> int:
        resolution = tags.get(_Y_RESOLUTION, ())
        if len(resolution) < 2 or not resolution[1]:
            return 0
        per_inch = 2.54 if tags.get(_RESOLUTION_UNIT, (2,))[:1] == (_CENTIMETRES,) else 1.0
        return round(resolution[0] / resolution[1] * per_inch)

    def pages(self) -> Iterator[StoredPage]:
        seen: set[int] = set()
        (at,) = self.numbers("I", 4)
        while at and at not in seen and len(seen) < _MAX_PAGES:
            seen.add(at)
            page = self.page(at)
            yield page
            (at,) = self.numbers("I", page.next_at)


def _open(data: bytes) -> _Tiff:
    orders = {b"II*\0": "<", b"MM\0*": ">"}
    if data[:4] not in orders:
        raise UnreadablePages
    return _Tiff(data, orders[data[:4]])


def _whole_pages(tiff: _Tiff) -> list[StoredPage]:
    pages = []
    try:
        for page in tiff.pages():
            pages.append(page)
    except _Broken:
        pass
    return pages


def whole_pages(file: Path) -> list[StoredPage]:
    """The pages of `file` up to the first one that is cut off or damaged.

    Raises:
        UnreadablePages: it is no TIFF, or there is no such file.
    """
    try:
        return _whole_pages(_open(file.read_bytes()))
    except OSError as error:
        raise UnreadablePages(f"The pages cannot be read: {error}.") from error


def keep_pages(source: Path, target: Path, count: int) -> None:
    """`target` is on disk (fsync) and has the first `count` pages of `source`, unchanged.

    Raises:
        UnreadablePages: `source` has fewer whole pages, or is no TIFF.
    """
    data = bytearray(source.read_bytes())
    tiff = _open(bytes(data))
    pages = _whole_pages(tiff)
    if not 0 < count <= len(pages):
        raise UnreadablePages(f"{source.name} has {len(pages)} readable pages, {count} were wanted.")
    struct.pack_into(tiff.order + "I", data, pages[count - 1].next_at, 0)
    with target.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
