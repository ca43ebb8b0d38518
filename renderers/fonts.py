"""The fonts drawn with directly: DejaVu, which covers Latin, Greek, Cyrillic and more."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from renderers.errors import ConverterMissing

_FOLDER = Path("/usr/share/fonts/truetype/dejavu")
MONOSPACED = "DejaVuSansMono.ttf"
PROPORTIONAL = "DejaVuSans-Bold.ttf"


@lru_cache
def font(file: str, size: int) -> ImageFont.FreeTypeFont:
    """The font at `size` dots per em.

    Raises:
        ConverterMissing: the fonts are not installed.
    """
    try:
        return ImageFont.truetype(str(_FOLDER / file), size, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise ConverterMissing.needs("The font DejaVu", "fonts-dejavu-core") from error
