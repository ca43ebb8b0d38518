"""Pictures within HTML that are much longer than the page, cut into several as attached ones are.

WeasyPrint would make a screenshot of a whole conversation, or a mail that is one picture, fit one page.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import numpy as np
from PIL import Image
from weasyprint.urls import URLFetcher

from renderers.builtin.image import EXIF_ORIENTATION, MOST_PIXELS, SIDEWAYS, UNREADABLE, upright
from renderers.profile import Profile
from renderers.sheets import is_long, strips
from renderers.spec import Gray

_CSS_DPI, _MM = 96, 25.4
_ONE_PIECE = "display:block;margin:0;height:auto;width:{:.0f}px"
_STYLED = r"(?:^|;)\s{{0,9}}{}\s{{0,9}}:\s{{0,9}}([0-9]{{1,5}})(?:\.[0-9]{{1,9}})?px"
_WIDTH, _HEIGHT = (re.compile(_STYLED.format(side), re.IGNORECASE) for side in ("width", "height"))
_PIXELS = re.compile(r"\s{0,9}([0-9]{1,5})(?:\.[0-9]{1,9})?(?:px)?\s{0,9}")


def cut_long_pictures(root: Any, fetcher: URLFetcher, profile: Profile, room: tuple[float, float]) -> None:
    """Puts several pictures in the place of each that is too long for the room of a page (mm × mm)."""
    for parent in list(root.iter()):
        for image in [child for child in parent if child.tag == "img"]:
            if cut := list(_cut(image, fetcher, profile, room)):
                _replace(parent, image, cut)


def _replace(parent: Any, image: Any, cut: list[Any]) -> None:
    cut[-1].tail = image.tail
    index = list(parent).index(image)
    parent[index : index + 1] = cut


def _cut(image: Any, fetcher: URLFetcher, profile: Profile, room: tuple[float, float]) -> Iterator[Any]:
    """Elements that show the picture in pieces; none when it is not long, or cannot be read."""
    try:
        source = fetcher.fetch(image.get("src", "").strip()).read()
        with Image.open(io.BytesIO(source)) as picture:
            orientation = picture.getexif().get(EXIF_ORIENTATION, 1)
            size = picture.size[::-1] if orientation in SIDEWAYS else picture.size
            width = min(room[0], _shown_width(image, *size))
            height = width * size[1] / size[0]
            if not is_long(width / _MM, height / _MM, profile) or size[0] * size[1] > MOST_PIXELS:
                return
            gray = np.asarray(upright(picture, orientation))
    except (*UNREADABLE, Image.DecompressionBombError):
        return  # WeasyPrint leaves it out
    rows_an_mm = len(gray) / height
    for strip in strips(gray, int(room[1] * rows_an_mm), _MM * rows_an_mm):
        style = _ONE_PIECE.format(width * _CSS_DPI / _MM)
        yield ElementTree.Element("img", {"src": _link_to(strip), "style": style})


def _link_to(strip: Gray) -> str:
    file = io.BytesIO()
    Image.fromarray(strip).save(file, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _shown_width(image: Any, width: int, height: int) -> float:
    """How wide a picture of so many dots shall be, in mm, as far as the element says it in pixels."""
    said = _said(image, "width", _WIDTH) or _said(image, "height", _HEIGHT) * width / height or width
    return said * _MM / _CSS_DPI


def _said(image: Any, side: str, in_style: re.Pattern[str]) -> float:
    found = in_style.search(image.get("style", "")) or _PIXELS.fullmatch(image.get(side, ""))
    return float(found[1]) if found else 0.0
