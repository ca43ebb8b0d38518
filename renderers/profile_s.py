"""TIFF in profile S, which every Internet fax reader takes: MH, 1728 dots, each page's tags before its dots.

What we send and keep is profile F with MMR, in half the bytes (tiff.py); this is for programs that read
nothing else.

Spec: RFC 3949 section 3 (profile S), RFC 2306 section 2.2 (fields); ITU-T T.4 4.1 (MH).
"""

from __future__ import annotations

import struct
from pathlib import Path

from renderers import tiff_tags as tag
from renderers.errors import DocumentDamaged
from renderers.fax_code import mh_code
from renderers.header import narrow
from renderers.lines import at_lines
from renderers.profile import PAGE_WIDTH, X_DPI, Resolution
from renderers.spec import Bits
from renderers.tiff import decode_pages

_SHORT, _LONG, _RATIONAL = 3, 4, 5
_MH, _LOWEST_BIT_FIRST = 3, 2
_HEADER = b"II*\0" + struct.pack("<I", 8)
#: Each byte with its bits the other way round.
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def to_profile_s(tiff: Path, out: Path) -> None:
    """Writes a fax anew in profile S, which has nothing finer than fine and nothing wider than A4.

    Raises:
        DocumentDamaged: the file is no fax TIFF, or its lines are shorter than 1728 dots.
    """
    pages = [_page(bits, directory, tiff.name) for bits, directory in decode_pages(tiff)]
    file = bytearray(_HEADER)
    for number, (bits, resolution) in enumerate(pages):
        code = mh_code(bits, PAGE_WIDTH).translate(_REVERSED)
        is_last = number == len(pages) - 1
        file += _directory(len(file), len(bits), resolution, (number, len(pages)), len(code), is_last=is_last)
        file += code + bytes(len(code) % 2)
    out.write_bytes(file)


def _page(bits: Bits, directory: tag.Directory, name: str) -> tuple[Bits, Resolution]:
    bits = narrow(bits)
    if bits.shape[1] * 8 != PAGE_WIDTH:
        raise DocumentDamaged(name, detail=f"profile S has lines of {PAGE_WIDTH} dots")
    if directory.resolution is Resolution.SUPERFINE:
        return at_lines(bits, Resolution.SUPERFINE, Resolution.FINE), Resolution.FINE
    return bits, directory.resolution


def _directory(
    at: int, rows: int, resolution: Resolution, number: tuple[int, int], size: int, *, is_last: bool
) -> bytes:
    """The page's tags as they stand at this offset, before `size` bytes of code."""
    fields = [
        (tag.SUBFILE_TYPE, _LONG, 2),
        (tag.WIDTH, _LONG, PAGE_WIDTH),
        (tag.ROWS, _LONG, rows),
        (tag.BITS_PER_SAMPLE, _SHORT, 1),
        (tag.COMPRESSION, _SHORT, _MH),
        (tag.PHOTOMETRIC, _SHORT, 0),
        (tag.FILL_ORDER, _SHORT, _LOWEST_BIT_FIRST),
        (tag.STRIP_OFFSETS, _LONG, 0),
        (tag.SAMPLES_PER_PIXEL, _SHORT, 1),
        (tag.ROWS_PER_STRIP, _LONG, rows),
        (tag.STRIP_BYTES, _LONG, size),
        (tag.X_RESOLUTION, _RATIONAL, 0),
        (tag.Y_RESOLUTION, _RATIONAL, 8),
        (tag.GROUP3_OPTIONS, _LONG, 0),
        (tag.RESOLUTION_UNIT, _SHORT, 2),
        (tag.PAGE_NUMBER, _SHORT, number[0] | number[1] << 16),
    ]
    values = at + 2 + 12 * len(fields) + 4
    code = values + 16
    out = struct.pack("<H", len(fields))
    for name, kind, value in fields:
        count = 2 if name == tag.PAGE_NUMBER else 1
        place = code if name == tag.STRIP_OFFSETS else values + value if kind == _RATIONAL else value
        out += struct.pack("<HHII", name, kind, count, place)
    out += struct.pack("<I", 0 if is_last else code + size + size % 2)
    return out + struct.pack("<IIII", X_DPI, 1, resolution.y_dpi, 1)
