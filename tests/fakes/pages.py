"""Small TIFF class F files."""

import struct
from pathlib import Path


def a_fax(
    path: Path, pages: int = 1, *, rows: int = 8, order: str = "<", y_dpi: int = 196, width: int = 1728
) -> Path:
    """A TIFF with so many pages of `width` x `rows` (196 lines per inch: fine); each strip says "page n"."""
    data = bytearray({"<": b"II*\0", ">": b"MM\0*"}[order] + bytes(4))
    link = 4
    for number in range(1, pages + 1):
        strip = f"page {number} ".encode() * 3
        strip_at = len(data)
        data += strip + bytes(len(strip) % 2)
        rational_at = len(data)
        data += struct.pack(order + "IIII", 204, 1, y_dpi, 1)
        entries = [
            (256, 4, width),
            (257, 4, rows),
            (258, 3, 1),
            (259, 3, 4),
            (273, 4, strip_at),
            (278, 4, rows),
            (279, 4, len(strip)),
            (282, 5, rational_at),
            (283, 5, rational_at + 8),
            (296, 3, 2),
        ]
        struct.pack_into(order + "I", data, link, len(data))
        data += struct.pack(order + "H", len(entries))
        for tag, kind, value in entries:
            data += struct.pack(order + "HHI", tag, kind, 1)
            data += struct.pack(order + ("HH" if kind == 3 else "I"), *([value, 0] if kind == 3 else [value]))
        link = len(data)
        data += bytes(4)
    path.write_bytes(data)
    return path
