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
ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
_PACKED = b"\x1f\x8b"
_PART = "drawing.svg"
#: A drawing needs no entities; with them a kilobyte can say a gigabyte ("billion laughs").
_ENTITY = re.compile(rb"<!ENTITY", re.I)
#: A style sheet from elsewhere is never there; WeasyPrint 70 draws nothing at all when a drawing wants one.
_IMPORT = re.compile(rb"@import\b[^;<]{0,2000};?", re.I)
#: Lengths in pixels of 1/96 inch.
_PIXELS = {"px": 1.0, "pt": 96 / 72, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
_LENGTH = re.compile(r"\s*([0-9]{1,7}(?:\.[0-9]{0,9})?)\s*(px|pt|pc|in|cm|mm)?\s*")
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
        drawing = ElementTree.fromstring(content)  # noqa: S314  it declares no entities
    except ElementTree.ParseError as error:
        raise DocumentDamaged(document.name, detail=str(error)) from error
    return _IMPORT.sub(b"", _scalable(drawing, content))


def _scalable(drawing: ElementTree.Element, content: bytes) -> bytes:
    """The drawing with a view box, without which WeasyPrint would cut off what is larger than the page."""
    sides = [_LENGTH.fullmatch(drawing.get(side, "")) for side in ("width", "height")]
    if "viewBox" in drawing.attrib or None in sides:
        return content
    pixels = [float(side[1]) * _PIXELS[side[2] or "px"] for side in sides if side is not None]
    drawing.set("viewBox", "0 0 {:g} {:g}".format(*pixels))
    return bytes(ElementTree.tostring(drawing, "utf-8"))
