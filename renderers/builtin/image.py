"""Pictures: PNG, JPEG, GIF, BMP, WebP, HEIC, AVIF, JPEG 2000, any TIFF ... A fax as TIFF stays as it is."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator

import numpy as np
import pi_heif
from PIL import Image, ImageFile, ImageSequence, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from renderers import picture_type as kind
from renderers import tiff_tags
from renderers.builtin import bitmap
from renderers.builtin.fax_tiff import fax_pages, is_fax
from renderers.builtin.picture_greys import gray_of
from renderers.document import SourceDocument
from renderers.errors import (
    DocumentDamaged,
    DocumentError,
    DocumentTooLarge,
    DocumentUnsupported,
    TooManyPages,
)
from renderers.native.library import library
from renderers.profile import X_DPI, Profile
from renderers.raster import Placement, draw_picture, place, sheet, white_sheet
from renderers.sheets import cut, is_long
from renderers.spec import BUILTIN, NOT_MINE, Box, GrayPage, RasterPage, Workshop

pi_heif.register_heif_opener(thumbnails=False)

_KINDS = frozenset(
    (
        *(kind.PNG, kind.JPEG, kind.GIF, kind.BMP, kind.WEBP, kind.HEIC, kind.AVIF, kind.JPEG_2000),
        *(kind.TIFF, kind.PCX, kind.DCX, kind.OTHER_PICTURE),
    )
)
#: All their pictures are pages; of others it is the first one.
_OF_PAGES = frozenset((kind.TIFF, kind.DCX))
#: More dots than the largest cameras make; decoded it is 150 MB in grey.
MOST_PIXELS = 150_000_000
#: Taken when the picture does not say, or says something no scanner or printer does.
_USUAL_DPI, _LEAST_DPI, _MOST_DPI = 96.0, 72.0, 2400.0
#: What Pillow raises for files that are none, or damaged.
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, OverflowError, KeyError, TypeError)
EXIF_ORIENTATION = 0x0112
SIDEWAYS = (5, 6, 7, 8)  #: of its values
_NEW_SUBFILE_TYPE, _REDUCED, _MASK = 254, 1, 4  # TIFF 6.0, clause 8
_BITS, _CODING, _PLANES, _APART, _WEBP = 258, 259, 284, 2, 50001
_UPRIGHT = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}


class ImageRenderer:
    """One page a picture, more when it is very long; a TIFF as many as it has."""

    name = "image"

    def score(self, document: SourceDocument) -> int:
        """Accepts the kinds of picture people mail."""
        return BUILTIN if document.media_type in _KINDS else NOT_MINE

    def pages(self, document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
        """The picture at its printed size, or as large as the page when it has none or a larger one."""
        if document.media_type == kind.TIFF and is_fax(document.path):
            return fax_pages(document, workshop.profile)
        page = _usual_page(document, workshop.profile)
        return _picture_pages(document, workshop.profile) if page is None else iter((page,))


def _usual_page(document: SourceDocument, profile: Profile) -> GrayPage | None:
    """The page of a JPEG or PNG, if it is as most are (native/image_page.c); None when it is for Pillow."""
    if document.media_type not in (kind.JPEG, kind.PNG):
        return None
    gray, spot = sheet(profile.room[1]), (ctypes.c_int32 * 4)()
    room = (*profile.room, profile.resolution.y_dpi)
    if not library().draw_image(os.fsencode(document.path), *room, gray.ctypes.data, spot):
        return None
    width, rows, left, _ = spot
    return GrayPage(gray[:rows], (Box(left, 0, left + width, rows),))


def _picture_pages(document: SourceDocument, profile: Profile) -> Iterator[RasterPage]:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    # WeasyPrint has Pillow accept half a picture; its sender had better know.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with _opened(document) as image:
            has_pages = document.media_type in _OF_PAGES
            numbers = _page_numbers(image, profile.most_drawn) if has_pages else [0]
            if len(numbers) > profile.most_drawn:
                raise TooManyPages.over(profile.page_limit, document.name)
            for number in numbers:
                if has_pages:
                    image.seek(number)
                if image.width * image.height > MOST_PIXELS:
                    raise DocumentTooLarge(document.name, detail=f"{image.width} x {image.height} dots")
                _refuse_unread(image, document.name)
                yield from _pages(image, profile)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DocumentTooLarge(document.name, detail=str(error)) from error
    except UNREADABLE as error:
        raise DocumentDamaged(document.name, detail=str(error)) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = True


def _opened(document: SourceDocument) -> Image.Image:
    """The picture, not read yet.

    Raises:
        OSError: it is damaged.
        DocumentUnsupported: nothing is wrong with it but that nobody here can read it.
    """
    try:
        return Image.open(document.path)
    except UnidentifiedImageError as error:
        if document.media_type == kind.TIFF and _is_well(document):
            raise _unread(document.name, str(error)) from error
        raise
    except OSError:
        if document.media_type != kind.BMP:
            raise
        return bitmap.opened(document.path, MOST_PIXELS)


def _is_well(document: SourceDocument) -> bool:
    """Whether the tags of a TIFF say how large it is."""
    try:
        first = tiff_tags.read_directories(document.path)[0]
    except (DocumentError, IndexError):
        return False
    return min(first.number(tiff_tags.WIDTH), first.number(tiff_tags.ROWS)) > 0


def _refuse_unread(image: Image.Image, name: str) -> None:
    """Returns unless it is a TIFF that Pillow reads wrong, or calls damaged.

    Raises:
        DocumentUnsupported
    """
    if not isinstance(image, TiffImageFile):
        return
    bits = image.tag_v2.get(_BITS, (8,))
    if image.tag_v2.get(_PLANES, 1) == _APART and max(bits) > 8 and len(bits) > 1:
        raise _unread(name, "colours of 16 bits in planes of their own")
    if image.tag_v2.get(_CODING) == _WEBP:
        raise _unread(name, "WebP in TIFF")


def _unread(name: str, detail: str) -> DocumentUnsupported:
    return DocumentUnsupported(
        name,
        detail=detail,
        sentence=f'The document "{name}" is a TIFF of a kind that cannot be read here.',
        remedy="Open it on your computer, save it as PNG or JPEG, and send that.",
    )


def _page_numbers(image: Image.Image, most: int) -> list[int]:
    """Which pictures of a file are pages, no copies and masks of others; at most one more than `most`."""
    found = []
    for number, frame in enumerate(ImageSequence.Iterator(image)):
        about = frame.tag_v2.get(_NEW_SUBFILE_TYPE, 0) if isinstance(frame, TiffImageFile) else 0
        if number == 0 or not about & (_REDUCED | _MASK):
            found.append(number)
        if len(found) > most:
            break
    return found


def _pages(image: Image.Image, profile: Profile) -> Iterator[GrayPage]:
    """The picture on one page, or on several when it is much longer than the sheet."""
    # Pillow turns a TIFF by itself when it is loaded.
    orientation = 1 if image.format == "TIFF" else image.getexif().get(EXIF_ORIENTATION, 1)
    width, height = _inches(image)
    if orientation in SIDEWAYS:
        width, height = height, width
    if is_long(width, height, profile):
        gray = np.asarray(upright(image, orientation))
        for piece in cut(gray, width, height, profile):
            part = height * len(piece) / len(gray)
            across = min(1.0, profile.room[0] / X_DPI / width)
            yield _on_sheet(Image.fromarray(piece), place(width * across, part * across, profile))
        return
    spot = place(width, height, profile)
    if image.format == "JPEG":
        longest = max(spot.width, spot.rows)
        image.draft("L", (min(image.width, longest), min(image.height, longest)))
    turned = upright(image, orientation)
    if spot.turned:
        turned = turned.transpose(Image.Transpose.ROTATE_270)
    yield _on_sheet(turned, spot)


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Its greys, turned as EXIF says (1 to 8)."""
    gray = gray_of(image)
    for step in _UPRIGHT.get(orientation, ()):
        gray = gray.transpose(step)
    return gray


def _on_sheet(image: Image.Image, spot: Placement) -> GrayPage:
    gray = white_sheet(spot.rows)
    box = Box(spot.left, 0, spot.left + spot.width, spot.rows)
    draw_picture(image, gray, box)
    return GrayPage(gray, (box,))


def _inches(image: Image.Image) -> tuple[float, float]:
    """The picture's printed width and height."""
    dpi = image.info.get("dpi", (0, 0))
    across, down = (float(value) if _LEAST_DPI <= value <= _MOST_DPI else _USUAL_DPI for value in dpi)
    return image.width / across, image.height / down
