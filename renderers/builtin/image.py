"""Pictures: PNG, JPEG, GIF, BMP, WebP, HEIC, AVIF, JPEG 2000, any TIFF. A fax as TIFF stays as it is."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator

import numpy as np
import pi_heif
from PIL import Image, ImageChops, ImageFile, ImageSequence
from PIL.TiffImagePlugin import TiffImageFile

from renderers import media_type as kind
from renderers.builtin.fax_tiff import fax_pages, is_fax
from renderers.document import SourceDocument
from renderers.errors import DocumentDamaged, DocumentTooLarge, TooManyPages
from renderers.native.library import library
from renderers.profile import Profile
from renderers.raster import Placement, draw_picture, place, sheet, white_sheet
from renderers.spec import BUILTIN, NOT_MINE, Box, GrayPage, RasterPage, Workshop

pi_heif.register_heif_opener(thumbnails=False)

_KINDS = frozenset(
    (kind.PNG, kind.JPEG, kind.GIF, kind.BMP, kind.WEBP, kind.HEIC, kind.AVIF, kind.JPEG_2000, kind.TIFF)
)
#: More dots than the largest cameras make; decoded it is 150 MB in grey.
MOST_PIXELS = 150_000_000
#: Taken when the picture does not say, or says something no scanner or printer does.
_USUAL_DPI, _LEAST_DPI, _MOST_DPI = 96.0, 72.0, 2400.0
_EXIF_ORIENTATION = 0x0112
_NEW_SUBFILE_TYPE, _REDUCED, _MASK = 254, 1, 4  # TIFF 6.0, clause 8
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
    """One page a picture; a TIFF as many as it has."""

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
        with Image.open(document.path) as image:
            is_tiff = document.media_type == kind.TIFF
            numbers = _page_numbers(image, profile.most_drawn) if is_tiff else [0]
            if len(numbers) > profile.most_drawn:
                raise TooManyPages.over(profile.page_limit, document.name)
            for number in numbers:
                image.seek(number)
                if image.width * image.height > MOST_PIXELS:
                    raise DocumentTooLarge(document.name, detail=f"{image.width} x {image.height} dots")
                yield _page(image, profile)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DocumentTooLarge(document.name, detail=str(error)) from error
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, KeyError, TypeError) as error:
        raise DocumentDamaged(document.name, detail=str(error)) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = True


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


def _page(image: Image.Image, profile: Profile) -> GrayPage:
    # Pillow turns a TIFF by itself when it is loaded.
    orientation = 1 if image.format == "TIFF" else image.getexif().get(_EXIF_ORIENTATION, 1)
    width, height = _inches(image)
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    spot = place(width, height, profile)
    if image.format == "JPEG":
        longest = max(spot.width, spot.rows)
        image.draft("L", (min(image.width, longest), min(image.height, longest)))
    upright = _gray(image)
    for step in _UPRIGHT.get(orientation, ()):
        upright = upright.transpose(step)
    if spot.turned:
        upright = upright.transpose(Image.Transpose.ROTATE_270)
    return _on_sheet(upright, spot)


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


def _gray(image: Image.Image) -> Image.Image:
    """The picture in 8-bit grey; what is transparent is white paper."""
    if image.mode.startswith("I") or image.mode == "F":
        return _gray_of_deep(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(paper, layered).convert("L")
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        # Pillow takes all of them for Adobe's, whose values are turned round.
        return ImageChops.invert(image).convert("L")
    if image.mode == "LAB":
        return image.getchannel("L")
    return image if image.mode == "L" else image.convert("L")


def _gray_of_deep(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or floating point; Pillow would cut everything above 255."""
    values = np.asarray(image, dtype=np.float64)
    most = 65_535.0 if image.mode.startswith("I;16") or values.max(initial=0) > 255 else 255.0
    if image.mode == "F" and values.max(initial=0) <= 1:
        most = 1.0
    return Image.fromarray(np.clip(np.nan_to_num(values) * (255.0 / most), 0, 255).astype(np.uint8))
