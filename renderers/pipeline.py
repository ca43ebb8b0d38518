"""Source -> raster -> bilevel -> TIFF: documents become one fax, in the order they were sent.

This runs inside a worker process (work.py), never in the gateway's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from renderers.builtin.fax_tiff import fax_resolution, is_fax
from renderers.document import FaxPages, SourceDocument
from renderers.errors import DocumentDamaged, DocumentEmpty, DocumentProtected, TooManyPages
from renderers.fineness import needs_fine
from renderers.media_type import (
    PROTECTED_OFFICE,
    UNKNOWN,
    USUAL_ENDINGS,
    charset_of,
    has_macros,
    media_type_of,
)
from renderers.page_coder import PageCoder
from renderers.profile import Resolution
from renderers.registry import renderer_for
from renderers.spec import RasterPage, Workshop
from renderers.tiff import decode_pages
from renderers.tiff_writer import FaxWriter


def render(documents: Sequence[SourceDocument], out: Path, workshop: Workshop) -> FaxPages:
    """Writes all pages of all documents to `out`, one TIFF class F file.

    Raises:
        RenderError: which document failed, why, and what its sender can do.
    """
    if not documents:
        raise DocumentEmpty(remedy="Attach a document or write some text, and send it again.")
    if _are_standard_faxes(documents):
        return _at_standard(documents, out, workshop)
    if workshop.profile.by_content:
        plain = replace(workshop, profile=replace(workshop.profile, by_content=False))
        pages = render(documents, out, plain)
        return pages if _needs_fine(pages) else _at_standard(documents, out, plain)
    return _rendered(documents, out, workshop)


def _rendered(documents: Sequence[SourceDocument], out: Path, workshop: Workshop) -> FaxPages:
    profile, dropped = workshop.profile, 0
    coder = PageCoder(profile)
    with FaxWriter(out, profile.description) as tiff:
        for document in documents:
            for page in raster(document, workshop):
                coded = coder.code(page)
                if profile.drop_blank and coded.is_blank:
                    dropped += 1
                    continue
                if tiff.page_count >= profile.page_limit:
                    raise TooManyPages.over(profile.page_limit, document.name)
                tiff.add_code(coded.code, coded.rows, coded.width, profile.resolution)
        if not tiff.page_count:
            raise _empty(documents[0])
    return replace(tiff.pages, dropped=dropped)


def _needs_fine(pages: FaxPages) -> bool:
    return any(needs_fine(bits) for bits, _ in decode_pages(pages.path))


def _at_standard(documents: Sequence[SourceDocument], out: Path, workshop: Workshop) -> FaxPages:
    profile = replace(workshop.profile, resolution=Resolution.STANDARD, by_content=False)
    return _rendered(documents, out, replace(workshop, profile=profile))


def _are_standard_faxes(documents: Sequence[SourceDocument]) -> bool:
    """Whether all are faxes of standard resolution already: more lines would only make the call longer."""
    return all(is_fax(one.path) and fax_resolution(one.path) is Resolution.STANDARD for one in documents)


def _empty(document: SourceDocument) -> DocumentEmpty:
    """Says that nothing is to be seen in the document, and when there are only macros, that."""
    if has_macros(document.path):
        return DocumentEmpty(
            document.name,
            sentence=f'The document "{document.name}" shows nothing without macros, and none are run here.',
            remedy="Open it on your computer, print it to a PDF, and send that.",
        )
    return DocumentEmpty(document.name)


def raster(document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
    """The document's pages, drawn by the renderer that suits it best."""
    document = recognised(document)
    return renderer_for(document).pages(document, workshop)


def recognised(document: SourceDocument) -> SourceDocument:
    """The document with the media type its bytes tell.

    Raises:
        DocumentEmpty, DocumentProtected, DocumentDamaged
    """
    if document.path.stat().st_size == 0:
        raise DocumentEmpty(document.name)
    kind = media_type_of(document.path, document.media_type, document.name)
    if kind == PROTECTED_OFFICE:
        raise DocumentProtected(document.name)
    if kind == UNKNOWN and Path(document.name).suffix.lower() in USUAL_ENDINGS:
        raise DocumentDamaged(document.name, detail="its bytes are not what its name says")
    return replace(document, media_type=kind, charset=document.charset or charset_of(document.media_type))
