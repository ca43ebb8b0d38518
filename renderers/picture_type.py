"""What kind of picture a file is, told from its first bytes."""

from __future__ import annotations

import re

TIFF, PNG, JPEG, GIF = "image/tiff", "image/png", "image/jpeg", "image/gif"
BMP, WEBP, HEIC, AVIF = "image/bmp", "image/webp", "image/heic", "image/avif"
JPEG_2000, PCX, DCX = "image/jp2", "image/vnd.zbrush.pcx", "image/x-dcx"
OTHER_PICTURE = "image/x-other"  #: of kinds that are rare in mails: portable maps, Photoshop, Targa, icons

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", JPEG_2000),
    (b"\xff\x4f\xff\x51", JPEG_2000),
    (b"\xb1\x68\xde\x3a", DCX),
    (b"8BPS\0\1", OTHER_PICTURE),
    (b"\0\0\1\0", OTHER_PICTURE),
)
#: ISO/IEC 23008-12 annex B.4: pictures as telephones take them.
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc"})
#: How long the second head of a bitmap is: OS/2's, and Windows' of many years.
_BITMAP_HEADS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_PCX_VERSIONS = frozenset({0, 2, 3, 4, 5})
_PORTABLE_MAP = re.compile(rb"P[456]\s++(?:#[^\n]{0,200}\n\s*+)*+\d+\s++\d+\s")
_TARGA_KINDS = frozenset({1, 2, 3, 9, 10, 11})
_SHORTEST = 66  # bytes of a head that are looked at one by one


def by_magic(head: bytes) -> str | None:
    """The kind of picture that begins like this; None when it is none."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[4:8] == b"ftyp":
        return HEIC if head[8:12] in _HEIC_BRANDS else AVIF if head[8:12] == b"avif" else None
    for looks_like, kind in _LOOKS:
        if looks_like(head):
            return kind
    return None


def by_name(head: bytes, name: str) -> str | None:
    """The kind of a picture that its name has to tell, too: Targa begins with nothing of its own."""
    is_targa = name.lower().endswith(".tga") and len(head) >= _SHORTEST
    return OTHER_PICTURE if is_targa and head[1] <= 1 and head[2] in _TARGA_KINDS else None


def _is_webp(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _is_bitmap(head: bytes) -> bool:
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADS


def _is_pcx(head: bytes) -> bool:
    """Its maker, its version, run lengths, and a byte that is always zero."""
    if len(head) < _SHORTEST or head[0] != 0x0A:
        return False
    return head[1] in _PCX_VERSIONS and head[2] == 1 and head[3] in (1, 2, 4, 8) and head[64] == 0


_LOOKS = (
    (_is_webp, WEBP),
    (_is_bitmap, BMP),
    (_is_pcx, PCX),
    (lambda head: _PORTABLE_MAP.match(head) is not None, OTHER_PICTURE),
)
