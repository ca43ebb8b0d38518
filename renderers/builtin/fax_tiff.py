"""A TIFF that is a fax already: its dots are kept when it fits the sheet, which may be B4 or A3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from renderers import tiff_tags
from renderers.document import SourceDocument
from renderers.errors import DocumentError, TooManyPages
from renderers.lines import at_lines, gray_of
from renderers.profile import PAGE_WIDTH, WIDER, X_DPI, Profile, Resolution
from renderers.raster import place, white_sheet
from renderers.spec import BilevelPage, Bits, GrayPage, RasterPage
from renderers.tiff import decode_pages

#: Scanners feed a little more than the sheet; a page this much longer is still sent as it is.
_OVERLENGTH = 1.05
_ABOUT = 6.0  #: dots per inch: RFC 2306 has 204 and 200 for the same
#: Other resolutions than these are mistakes.
_LEAST_DPI, _MOST_DPI = 72.0, 2400.0


def is_fax(path: Path) -> bool:
    """Whether every page of a file is a fax page."""
    try:
        return all(directory.is_fax for directory in tiff_tags.read_directories(path))
    except DocumentError:
        return False  # no TIFF, BigTIFF, or damaged


def fax_resolution(path: Path) -> Resolution:
    """The finest resolution among the pages of a fax TIFF."""
    return max(tiff_tags.read_fax_pages(path).resolutions, key=lambda resolution: resolution.y_dpi)


def fax_pages(document: SourceDocument, profile: Profile) -> Iterator[RasterPage]:
    """The pages of a fax TIFF.

    Raises:
        TooManyPages, DocumentDamaged
    """
    for index, (bits, directory) in enumerate(decode_pages(document.path, document.name)):
        if index >= profile.most_drawn:
            raise TooManyPages.over(profile.page_limit, document.name)
        yield _page(bits, directory, profile)


def _page(bits: Bits, directory: tiff_tags.Directory, profile: Profile) -> RasterPage:
    width = int(directory.number(tiff_tags.WIDTH))
    if width == PAGE_WIDTH or _is_wide_fax(width, directory):
        lines = at_lines(bits, directory.resolution, profile.resolution)
        if len(lines) <= profile.rows * width / PAGE_WIDTH * _OVERLENGTH:
            return BilevelPage(lines)
    return _fitted(bits, width, directory, profile)


def _is_wide_fax(width: int, directory: tiff_tags.Directory) -> bool:
    """A page of B4 or A3; others that are as wide in dots are scans of smaller sheets."""
    across, _ = directory.dpi
    return width in WIDER and abs(across - X_DPI) <= _ABOUT


def _fitted(bits: Bits, width: int, directory: tiff_tags.Directory, profile: Profile) -> GrayPage:
    across, down = directory.dpi
    if width == PAGE_WIDTH:
        across, down = X_DPI, directory.resolution.y_dpi
    elif not all(_LEAST_DPI <= value <= _MOST_DPI for value in (across, down)):
        across = down = _LEAST_DPI  # what nobody scans with: as large as the page
    spot = place(width / across, len(bits) / down, profile)
    image = Image.fromarray(gray_of(bits, width))
    if spot.turned:
        image = image.transpose(Image.Transpose.ROTATE_270)
    gray = white_sheet(spot.rows)
    small = image.resize((spot.width, spot.rows), Image.Resampling.BOX)
    gray[:, spot.left : spot.left + spot.width] = np.asarray(small)
    return GrayPage(gray)
