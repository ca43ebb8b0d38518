"""Pictures of any depth and colours in 8-bit grey, as they look on white paper."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops
from PIL.TiffImagePlugin import TiffImageFile

_BITS, _COLOURS, _SAMPLES = 258, 262, 339  # TIFF 6.0, clauses 8 and 19
_WHITE_IS_ZERO, _SIGNED = 0, 2


def gray_of(image: Image.Image) -> Image.Image:
    """The picture in 8-bit grey; what is transparent is white paper."""
    if image.mode.startswith("I") or image.mode == "F":
        return _gray_of_deep(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return _on_paper(image)
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        # Pillow takes all of them for Adobe's, whose values are turned round.
        return ImageChops.invert(image).convert("L")
    if image.mode == "LAB":
        return image.getchannel("L")
    return image if image.mode == "L" else image.convert("L")


def _on_paper(image: Image.Image) -> Image.Image:
    layered = image.convert("RGBA")
    if image.format == "BMP" and layered.getchannel("A").getextrema() == (0, 0):
        return layered.convert("RGB").convert("L")  # written by a program that does not know of transparency
    paper = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(paper, layered).convert("L")


def _gray_of_deep(image: Image.Image) -> Image.Image:
    """Grey of 12, 16 or 32 bits or floating point; Pillow would cut everything above 255."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    grays = np.clip(values * (255.0 / _brightest(image, values)), 0, 255).astype(np.uint8)
    if _tag(image, _COLOURS, 1) == _WHITE_IS_ZERO:
        grays = 255 - grays
    return Image.fromarray(grays)


def _brightest(image: Image.Image, values: npt.NDArray[np.float64]) -> float:
    """The value that means white: what the bits of a dot can say, where that is known."""
    bits = _tag(image, _BITS, 0)
    most = float(values.max(initial=0))
    if 8 < bits <= 16:
        return float((1 << bits - (_tag(image, _SAMPLES, 1) == _SIGNED)) - 1)
    if image.mode == "F" and most <= 1:
        return 1.0
    if most <= 255 and not image.mode.startswith("I;16"):
        return 255.0
    return max(most, 65_535.0)


def _tag(image: Image.Image, tag: int, otherwise: int) -> int:
    """The first number of a TIFF's tag."""
    if not isinstance(image, TiffImageFile):
        return otherwise
    value = image.tag_v2.get(tag, otherwise)
    return int(value[0] if isinstance(value, tuple) else value)
