"""A TIFF that is a fax already: its dots are kept when it fits the sheet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from renderers import tiff_tags
from renderers.document import SourceDocument
from renderers.errors import TooManyPages
from renderers.lines import at_lines, gray_of
from renderers.profile import PAGE_WIDTH, X_DPI, Profile
from renderers.raster import place, white_sheet
from renderers.spec import BilevelPage, Bits, GrayPage, RasterPage
from renderers.tiff import decode_pages

#: Scanners feed a little more than the sheet; a page this much longer is still sent as it is.
_OVERLENGTH = 1.05


def fax_pages(document: SourceDocument, profile: Profile) -> Iterator[RasterPage]:
    """The pages of a fax TIFF.

    Raises:
        TooManyPages, DocumentDamaged
    """
    for index, (bits, directory) in enumerate(decode_pages(document.path, document.name)):
        if index >= profile.page_limit:
            raise TooManyPages.over(profile.page_limit, document.name)
        yield _page(bits, directory, profile)


def _page(bits: Bits, directory: tiff_tags.Directory, profile: Profile) -> RasterPage:
    width = int(directory.number(tiff_tags.WIDTH))
    if width == PAGE_WIDTH:
        lines = at_lines(bits, directory.resolution, profile.resolution)
        if len(lines) <= profile.rows * _OVERLENGTH:
            return BilevelPage(lines)
    return _fitted(bits, width, directory, profile)


def _fitted(bits: Bits, width: int, directory: tiff_tags.Directory, profile: Profile) -> GrayPage:
    across, down = directory.dpi
    if width == PAGE_WIDTH or not across or not down:
        across, down = X_DPI, directory.resolution.y_dpi
    spot = place(width / across, len(bits) / down, profile)
    image = Image.fromarray(gray_of(bits, width))
    if spot.turned:
        image = image.transpose(Image.Transpose.ROTATE_270)
    gray = white_sheet(spot.rows)
    small = image.resize((spot.width, spot.rows), Image.Resampling.BOX)
    gray[:, spot.left : spot.left + spot.width] = np.asarray(small)
    return GrayPage(gray)
