"""Source -> raster -> bilevel -> TIFF: documents become one fax, in the order they were sent.

This runs inside a worker process (work.py), never in the gateway's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from renderers.bilevel import bilevel
from renderers.document import FaxPages, SourceDocument
from renderers.errors import DocumentEmpty, DocumentProtected, TooManyPages
from renderers.media_type import PROTECTED_OFFICE, charset_of, media_type_of
from renderers.profile import Profile
from renderers.registry import renderer_for
from renderers.spec import BilevelPage, Bits, RasterPage, Workshop
from renderers.tiff import FaxWriter
from renderers.tiff_tags import read_fax_pages


def render(documents: Sequence[SourceDocument], out: Path, workshop: Workshop) -> FaxPages:
    """Writes all pages of all documents to `out`, one TIFF class F file.

    Raises:
        RenderError: which document failed, why, and what its sender can do.
    """
    if not documents:
        raise DocumentEmpty(remedy="Attach a document or write some text, and send it again.")
    with FaxWriter(out, workshop.profile.description) as tiff:
        for document in documents:
            for page in raster(document, workshop):
                if tiff.page_count >= workshop.profile.page_limit:
                    raise TooManyPages.over(workshop.profile.page_limit, document.name)
                tiff.add(black_and_white(page, workshop.profile), workshop.profile.resolution)
        if not tiff.page_count:
            raise DocumentEmpty(documents[0].name)
    return read_fax_pages(out)


def raster(document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
    """The document's pages, drawn by the renderer that suits it best."""
    document = recognised(document)
    return renderer_for(document).pages(document, workshop)


def recognised(document: SourceDocument) -> SourceDocument:
    """The document with the media type its bytes tell.

    Raises:
        DocumentEmpty, DocumentProtected
    """
    if document.path.stat().st_size == 0:
        raise DocumentEmpty(document.name)
    kind = media_type_of(document.path, document.media_type)
    if kind == PROTECTED_OFFICE:
        raise DocumentProtected(document.name)
    return replace(document, media_type=kind, charset=document.charset or charset_of(document.media_type))


def black_and_white(page: RasterPage, profile: Profile) -> Bits:
    """The page as packed bits, 1 = black."""
    return page.bits if isinstance(page, BilevelPage) else bilevel(page, profile.resolution)
