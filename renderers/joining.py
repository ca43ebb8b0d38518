"""A page put between the pages of a finished fax."""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path

from renderers.document import FaxPages
from renderers.lines import at_lines
from renderers.tiff import decode_pages
from renderers.tiff_tags import read_description, read_fax_pages
from renderers.tiff_writer import FaxWriter


def insert(fax: Path, extra: Path, out: Path, *, after: int) -> FaxPages:
    """Writes `fax` with the pages of `extra` behind its first `after` pages, and its description.

    Pages of `extra` get the resolution of the first page of `fax`.

    Raises:
        DocumentDamaged: one of them is no fax TIFF.
    """
    resolution = read_fax_pages(fax).resolution
    pages = ((bits, directory.resolution) for bits, directory in decode_pages(fax))
    added = (
        (at_lines(bits, directory.resolution, resolution), resolution)
        for bits, directory in decode_pages(extra)
    )
    with FaxWriter(out, read_description(fax)) as tiff:
        for bits, lines in chain(islice(pages, after), added, pages):
            tiff.add(bits, lines)
    return tiff.pages
