"""What a TIFF says about itself, read without decoding anything and without C.

Strangers send these files and far ends write them, so nothing here trusts a number: every offset is checked
against the file, directories may not loop, and counts are bounded.

Spec: TIFF 6.0 section 2; RFC 2301 / RFC 2306 for the tags of a fax.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from renderers.document import FaxPages
from renderers.errors import DocumentDamaged, TooManyPages
from renderers.profile import PAGE_WIDTH, Resolution

SUBFILE_TYPE, WIDTH, ROWS, BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
FILL_ORDER, STRIP_OFFSETS, ORIENTATION, SAMPLES_PER_PIXEL, ROWS_PER_STRIP = 266, 273, 274, 277, 278
STRIP_BYTES, X_RESOLUTION, Y_RESOLUTION, PLANAR, GROUP3_OPTIONS = 279, 282, 283, 284, 292
GROUP4_OPTIONS, RESOLUTION_UNIT, PAGE_NUMBER, DESCRIPTION = 293, 296, 297, 270

#: T.4 MH and MR, T.6 MMR.
FAX_COMPRESSIONS = frozenset({2, 3, 4})
#: A file with more directories than this is not a fax.
MOST_DIRECTORIES = 10_000
#: A fax page of this many dots would be several metres long.
MOST_DOTS = 64_000_000
#: Lines per inch may be off by this share: 200 is fine, 100 is standard.
_TOLERANCE = 0.15
#: A4 at 98 lines per inch has 1143 lines; with more than this an unlabelled page is fine.
_LONGEST_STANDARD = 1300

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_WANTED = frozenset(
    {WIDTH, ROWS, BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC, FILL_ORDER, SAMPLES_PER_PIXEL, ROWS_PER_STRIP}
    | {
        X_RESOLUTION,
        Y_RESOLUTION,
        RESOLUTION_UNIT,
        PAGE_NUMBER,
        STRIP_OFFSETS,
        STRIP_BYTES,
        SUBFILE_TYPE,
        ORIENTATION,
        DESCRIPTION,
        GROUP4_OPTIONS,
    }
)
_MOST_TEXT = 65_536


@dataclass(frozen=True)
class Directory:
    """One page's tags. A value is a tuple of numbers; rationals are already divided."""

    tags: Mapping[int, tuple[float, ...]]
    places: Mapping[int, int]  #: tag -> offset of its 12-byte entry in the file
    byte_order: str  #: "<" or ">"

    def number(self, tag: int, default: float = 0) -> float:
        """The tag's first value."""
        values = self.tags.get(tag)
        return values[0] if values else default

    @property
    def is_fax(self) -> bool:
        """One bit a dot, compressed as T.4 or T.6, and of a size a fax page can have."""
        width, rows = self.number(WIDTH), self.number(ROWS)
        return (
            self.number(COMPRESSION, 1) in FAX_COMPRESSIONS
            and self.number(BITS_PER_SAMPLE, 1) == 1
            and self.number(SAMPLES_PER_PIXEL, 1) == 1
            and self.number(ORIENTATION, 1) == 1
            and width > 0
            and rows > 0
            and width * rows <= MOST_DOTS
        )

    @property
    def dpi(self) -> tuple[float, float]:
        """Dots per inch across and down; 0 where the file does not say."""
        per_inch = 2.54 if self.number(RESOLUTION_UNIT, 2) == 3 else 1.0
        return self.number(X_RESOLUTION) * per_inch, self.number(Y_RESOLUTION) * per_inch

    @property
    def resolution(self) -> Resolution:
        """The fax resolution nearest to YResolution.

        A file that says nothing, or what no fax machine uses (72 dpi), is judged by its length.
        """
        nearest = Resolution.nearest(self.dpi[1])
        if abs(self.dpi[1] - nearest.y_dpi) <= _TOLERANCE * nearest.y_dpi:
            return nearest
        return Resolution.STANDARD if self.number(ROWS) <= _LONGEST_STANDARD else Resolution.FINE


def read_directories(path: Path, name: str = "") -> list[Directory]:
    """Every page's tags, in file order.

    Raises:
        DocumentDamaged: the file is not a TIFF, or its structure points outside itself or in circles.
        TooManyPages: it has more than 10,000 directories.
    """
    with path.open("rb") as file:
        try:
            return _walk(file, name)
        except (struct.error, OverflowError, ValueError) as error:
            raise DocumentDamaged(name, detail=f"TIFF structure: {error}") from error


def read_fax_pages(path: Path) -> FaxPages:
    """The facts of a fax TIFF, ours or a received one, without decoding it.

    Raises:
        DocumentDamaged: it is no TIFF, or no fax.
    """
    directories = read_directories(path, path.name)
    if not all(directory.is_fax for directory in directories):
        raise DocumentDamaged(path.name, detail="not a fax TIFF: needs one bit a dot, T.4 or T.6 compression")
    resolutions = tuple(directory.resolution for directory in directories)
    return FaxPages(
        path=path,
        page_count=len(directories),
        rows=tuple(int(directory.number(ROWS)) for directory in directories),
        resolution=resolutions[0],
        resolutions=resolutions,
        widths=tuple(int(directory.number(WIDTH, PAGE_WIDTH)) for directory in directories),
    )


def read_description(path: Path) -> str:
    """What `Profile.description` said when the file was written; "" when it said nothing.

    Raises:
        DocumentDamaged: it is no TIFF.
    """
    codes = read_directories(path, path.name)[0].tags.get(DESCRIPTION, ())
    return bytes(int(code) for code in codes).rstrip(b"\0").decode("ascii", "replace")


def _walk(file: BinaryIO, name: str) -> list[Directory]:
    header = file.read(8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(header[:4])
    if order is None or len(header) < 8:
        raise ValueError("no TIFF header")
    offset = struct.unpack(order + "I", header[4:])[0]
    seen: set[int] = set()
    found = []
    while offset:
        if offset in seen:
            raise ValueError("directories go in circles")
        if len(seen) >= MOST_DIRECTORIES:
            raise TooManyPages.over(MOST_DIRECTORIES, name)
        seen.add(offset)
        directory, offset = _directory(file, offset, order)
        found.append(directory)
    if not found:
        raise ValueError("no pages")
    return found


def _directory(file: BinaryIO, offset: int, order: str) -> tuple[Directory, int]:
    file.seek(offset)
    count = struct.unpack(order + "H", _exactly(file, 2))[0]
    raw = _exactly(file, 12 * count + 4)
    tags: dict[int, tuple[float, ...]] = {}
    places: dict[int, int] = {}
    for index in range(count):
        tag, kind, length = struct.unpack_from(order + "HHI", raw, 12 * index)
        if tag in _WANTED and tag not in tags and kind in _SIZES:
            places[tag] = offset + 2 + 12 * index
            tags[tag] = _values(file, order, kind, length, raw[12 * index + 8 : 12 * index + 12])
    following = struct.unpack_from(order + "I", raw, 12 * count)[0]
    return Directory(tags, places, order), following


def _values(file: BinaryIO, order: str, kind: int, length: int, inline: bytes) -> tuple[float, ...]:
    wanted = _SIZES[kind] * length
    if kind == 2 and length > _MOST_TEXT:
        return ()
    if wanted > os.fstat(file.fileno()).st_size:
        raise ValueError("a tag is larger than the file")
    data = inline
    if wanted > 4:
        file.seek(struct.unpack(order + "I", inline)[0])
        data = _exactly(file, wanted)
    letter = {1: "B", 2: "B", 3: "H", 4: "I", 8: "h", 9: "i"}.get(kind)
    if letter:
        return struct.unpack(f"{order}{length}{letter}", data[:wanted])
    if kind in (5, 10):
        parts = struct.unpack(f"{order}{2 * length}{'I' if kind == 5 else 'i'}", data[:wanted])
        return tuple(a / b if b else 0.0 for a, b in zip(parts[::2], parts[1::2], strict=True))
    return ()


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise ValueError("the file ends too early")
    return data
