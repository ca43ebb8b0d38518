"""TIFF class F, as far as telephony must know it: how many pages a file has, and whether it can be sent.

Reads image file directories only; bounded by the size of the file. Spec: TIFF 6.0, RFC 2306.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from telephony.errors import UnreadablePages

_MOST_PAGES = 5000
_WIDTHS = frozenset({1728, 2048, 2432, 3456, 4096, 4864, 864})  # ITU-T T.4 and its half and double widths


@dataclass(frozen=True, slots=True)
class TiffPage:
    """One page of a TIFF file."""

    width: int  #: pixels
    rows: int
    y_dpi: float


def read_pages(path: Path) -> tuple[TiffPage, ...]:
    """The pages of the TIFF class F file `path`, at least one.

    Raises:
        UnreadablePages: no TIFF, no page, or a page that cannot be faxed.
    """
    try:
        data = path.read_bytes()
        pages = tuple(_walk(data))
    except (OSError, struct.error, IndexError) as error:
        raise UnreadablePages(f"{path.name} cannot be read as TIFF: {error}") from error
    if not pages:
        raise UnreadablePages(f"{path.name} has no page.")
    return pages


def _walk(data: bytes) -> list[TiffPage]:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        raise UnreadablePages("This is no TIFF file.")
    pages, seen = list[TiffPage](), set[int]()
    (offset,) = struct.unpack_from(order + "I", data, 4)
    while offset:
        if offset in seen or len(pages) >= _MOST_PAGES:
            raise UnreadablePages("The pages of this TIFF file run in a circle.")
        seen.add(offset)
        (entries,) = struct.unpack_from(order + "H", data, offset)
        tags = {}
        for number in range(entries):
            tag, kind, count, value = struct.unpack_from(order + "HHII", data, offset + 2 + 12 * number)
            tags[tag] = (kind, count, value, offset + 2 + 12 * number + 8)
        pages.append(_page(data, order, tags))
        (offset,) = struct.unpack_from(order + "I", data, offset + 2 + 12 * entries)
    return pages


def _page(data: bytes, order: str, tags: dict[int, tuple[int, int, int, int]]) -> TiffPage:
    width, rows, bits = (_integer(data, order, tags, tag) for tag in (256, 257, 258))
    if bits not in (0, 1) or width not in _WIDTHS or not 0 < rows < 1_000_000:
        raise UnreadablePages(f"A page of {width} x {rows} pixels with {bits} bits cannot be faxed.")
    y_dpi = 98.0
    if 283 in tags:
        numerator, denominator = struct.unpack_from(order + "II", data, tags[283][2])
        y_dpi = numerator / denominator if denominator else 98.0
        if _integer(data, order, tags, 296) == 3:
            y_dpi *= 2.54
    return TiffPage(width, rows, y_dpi)


def _integer(data: bytes, order: str, tags: dict[int, tuple[int, int, int, int]], tag: int) -> int:
    if tag not in tags:
        return 0
    kind, _, value, at = tags[tag]
    return int(struct.unpack_from(order + "H", data, at)[0]) if kind == 3 else value
