"""Which renderer takes a document: the one with the highest score."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path

from renderers.document import SourceDocument
from renderers.errors import DocumentUnsupported
from renderers.media_type import ARCHIVE, CAD, IWORK, PCL, POSTSCRIPT, XPS
from renderers.spec import NOT_MINE, Renderer

#: Packages that add renderers name them in this group of entry points.
GROUP = "faxgw.renderers"
_FOR_PRINTERS = ("was written for a printer and cannot be faxed", "Print it to a PDF instead, and send that.")
#: What is said of a document, and what can be done.
_WORDS = {
    POSTSCRIPT: _FOR_PRINTERS,
    PCL: _FOR_PRINTERS,
    CAD: ("is a drawing of a CAD program, which cannot be faxed", "Plot it to a PDF, and send that."),
    XPS: ("is an XPS document, which cannot be faxed", "Print it to a PDF instead, and send that."),
    IWORK: (
        "is of Pages, Numbers or Keynote, which only Apple's programs can show",
        "Export it there as a PDF, and send that.",
    ),
    ARCHIVE: ("is an archive of a kind that is not opened here", "Attach the files in it instead."),
}


@lru_cache
def all_renderers() -> tuple[Renderer, ...]:
    """The builtin renderers and those of other installed packages."""
    # Imported here so that telling a media type does not load WeasyPrint.
    from renderers.builtin.card import CardRenderer
    from renderers.builtin.html import HtmlRenderer
    from renderers.builtin.image import ImageRenderer
    from renderers.builtin.office import OfficeRenderer
    from renderers.builtin.pdf import PdfRenderer
    from renderers.builtin.svg import SvgRenderer
    from renderers.builtin.text import TextRenderer

    builtin: tuple[Renderer, ...] = (
        PdfRenderer(),
        OfficeRenderer(),
        HtmlRenderer(),
        TextRenderer(),
        ImageRenderer(),
        SvgRenderer(),
        CardRenderer(),
    )
    return builtin + tuple(entry.load()() for entry in entry_points(group=GROUP))


def renderer_for(document: SourceDocument, renderers: Sequence[Renderer] | None = None) -> Renderer:
    """The renderer with the highest score for the document; the first of equals.

    Raises:
        DocumentUnsupported: none accepts it.
    """
    best = max(renderers or all_renderers(), key=lambda renderer: renderer.score(document))
    if best.score(document) <= NOT_MINE:
        raise _unsupported(document)
    return best


def _unsupported(document: SourceDocument) -> DocumentUnsupported:
    """What the sender reads of a document that nobody draws; of kinds people do send, what can be done."""
    detail = f"media type {document.media_type}"
    if document.media_type not in _WORDS:
        return DocumentUnsupported(document.name, detail=detail)
    what, remedy = _WORDS[document.media_type]
    return DocumentUnsupported(
        document.name, detail=detail, sentence=f'The document "{document.name}" {what}.', remedy=remedy
    )


def is_builtin(media_type: str) -> bool:
    """Whether a document of this kind is drawn by the product itself, not by a plugin."""
    drawing = renderer_for(SourceDocument("", Path(), media_type))
    return type(drawing).__module__.startswith("renderers.builtin.")
