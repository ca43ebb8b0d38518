"""Bitmaps (.bmp) that Pillow does not read: colours in unusual bits, and JPEG or PNG inside.

Spec: [MS-WMF] 2.2.2.3 (BITMAPINFOHEADER), 2.1.1.7 (compressions).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from renderers.spec import Gray

_FILE_HEAD = struct.Struct("<10xI")  # where the dots begin
_HEAD = struct.Struct("<IiiHHIIii8x")  # size, width, rows, planes, bits, compression, bytes, dots a metre
_MASKS = struct.Struct("<3I")
_BIT_FIELDS, _JPEG, _PNG, _ALPHA_BIT_FIELDS = 3, 4, 5, 6
_INCHES_PER_METRE = 39.37
_WEIGHTS = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)
_ROWS = 256  # done at a time


def opened(path: Path, most_dots: int) -> Image.Image:
    """The picture.

    Raises:
        OSError: it is none of these, or damaged.
        Image.DecompressionBombError: it has more dots.
    """
    data = path.read_bytes()
    try:
        (begin,) = _FILE_HEAD.unpack_from(data)
        _, width, rows, _, bits, compression, _, across, down = _HEAD.unpack_from(data, _FILE_HEAD.size)
        masks = _MASKS.unpack_from(data, _FILE_HEAD.size + _HEAD.size)
    except struct.error as error:
        raise OSError("a bitmap without a head") from error
    if compression in (_JPEG, _PNG):
        return Image.open(io.BytesIO(data[begin:]), formats=("JPEG", "PNG"))
    if compression not in (_BIT_FIELDS, _ALPHA_BIT_FIELDS) or bits not in (16, 32) or width < 1 or rows == 0:
        raise OSError(f"a bitmap of {bits} bits and compression {compression}")
    if width * abs(rows) > most_dots:
        raise Image.DecompressionBombError(f"{width} x {rows} dots")
    image = Image.fromarray(_grays(data[begin:], width, abs(rows), bits, masks))
    image.info["dpi"] = (across / _INCHES_PER_METRE, down / _INCHES_PER_METRE)
    return image if rows < 0 else image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def _grays(data: bytes, width: int, rows: int, bits: int, masks: Sequence[int]) -> Gray:
    """The dots in the order of the file, whose rows begin at multiples of four bytes."""
    stride = (width * bits + 31) // 32 * 4
    if len(data) < stride * rows:
        raise OSError("a bitmap that is cut off")
    dots = np.frombuffer(data, f"<u{bits // 8}", stride * rows * 8 // bits).reshape(rows, -1)[:, :width]
    grays = np.empty((rows, width), np.uint8)
    for top in range(0, rows, _ROWS):
        some = dots[top : top + _ROWS]
        gray = np.zeros(some.shape, np.float32)
        for mask, weight in zip(masks, _WEIGHTS, strict=True):
            if lowest := mask & -mask:
                gray += (some & mask) // lowest * np.float32(255 * weight / (mask // lowest))
        grays[top : top + _ROWS] = np.round(gray)
    return grays
