"""Drawings in SVG, laid out by WeasyPrint on one page. Nothing in them is fetched; scripts do not run."""

from __future__ import annotations

import gzip
import html
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree

from renderers.builtin.html import html_pages
from renderers.document import SourceDocument
from renderers.errors import DocumentDamaged, DocumentTooLarge
from renderers.media_type import SVG
from renderers.spec import BUILTIN, NOT_MINE, RasterPage, Workshop

MOST_BYTES = 20_000_000
_PACKED = b"\x1f\x8b"
_PART = "drawing.svg"
#: A drawing needs no entities; with them a kilobyte can say a gigabyte ("billion laughs").
_ENTITY = re.compile(rb"<!ENTITY", re.I)
#: A style sheet from elsewhere is never there; WeasyPrint 70 draws nothing at all when a drawing wants one.
_IMPORT = re.compile(rb"@import\b[^;<]{0,2000};?", re.I)
_PAGE = (
    "<!doctype html><meta charset=utf-8><style>body{{margin:0}}"
    "img{{display:block;max-width:100%;max-height:280mm}}</style><img src='cid:{}'>"
)


class SvgRenderer:
    """SVG, packed or not: at its own size, made smaller where the page is."""

    name = "svg"

    def score(self, document: SourceDocument) -> int:
        """Accepts SVG."""
        return BUILTIN if document.media_type == SVG else NOT_MINE

    def pages(self, document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
        """The drawing on a page."""
        drawing = workshop.folder / _PART
        drawing.write_bytes(_unpacked(document))
        page = _PAGE.format(html.escape(_PART)).encode()
        return html_pages(page, replace(document, parts={_PART: drawing}, charset="utf-8"), workshop)


def _unpacked(document: SourceDocument) -> bytes:
    """The drawing as XML.

    Raises:
        DocumentTooLarge, DocumentDamaged
    """
    with document.path.open("rb") as file:
        packed = file.read(len(_PACKED)) == _PACKED
    try:
        with gzip.open(document.path) if packed else document.path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DocumentDamaged(document.name, detail=str(error)) from error
    if len(content) > MOST_BYTES:
        raise DocumentTooLarge(document.name)
    if _ENTITY.search(content):
        raise DocumentTooLarge(
            document.name, detail="it declares XML entities", remedy="Export it as a PDF and send that."
        )
    try:
        ElementTree.fromstring(content)  # noqa: S314  it declares no entities
    except ElementTree.ParseError as error:
        raise DocumentDamaged(document.name, detail=str(error)) from error
    return _IMPORT.sub(b"", content)
