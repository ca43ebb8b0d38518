"""Source -> raster -> bilevel -> TIFF: documents become one fax, in the order they were sent.

This runs inside a worker process (work.py), never in the gateway's own.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from renderers.bilevel import bilevel
from renderers.document import FaxPages, SourceDocument
from renderers.errors import DocumentEmpty, DocumentProtected, TooManyPages
from renderers.fineness import needs_fine
from renderers.media_type import PROTECTED_OFFICE, charset_of, media_type_of
from renderers.profile import Profile, Resolution
from renderers.registry import renderer_for
from renderers.spec import BilevelPage, Bits, RasterPage, Workshop
from renderers.tiff import FaxWriter, decode_pages
from renderers.tiff_tags import read_fax_pages

#: Black dots that a page without anything on it may have: a speck of half a millimetre.
_DUST = 16


def render(documents: Sequence[SourceDocument], out: Path, workshop: Workshop) -> FaxPages:
    """Writes all pages of all documents to `out`, one TIFF class F file.

    Raises:
        RenderError: which document failed, why, and what its sender can do.
    """
    if not documents:
        raise DocumentEmpty(remedy="Attach a document or write some text, and send it again.")
    if workshop.profile.by_content:
        plain = replace(workshop, profile=replace(workshop.profile, by_content=False))
        pages = render(documents, out, plain)
        return pages if _needs_fine(pages) else _at_standard(documents, out, plain)
    profile, dropped = workshop.profile, 0
    with FaxWriter(out, profile.description) as tiff:
        for document in documents:
            for page in raster(document, workshop):
                bits = _with_margin(page, black_and_white(page, profile), profile)
                if profile.drop_blank and is_blank(bits):
                    dropped += 1
                    continue
                if tiff.page_count >= profile.page_limit:
                    raise TooManyPages.over(profile.page_limit, document.name)
                tiff.add(bits, profile.resolution)
        if not tiff.page_count:
            raise _empty(documents[0])
    return replace(read_fax_pages(out), dropped=dropped)


def _needs_fine(pages: FaxPages) -> bool:
    return any(needs_fine(bits) for bits, _ in decode_pages(pages.path))


def _at_standard(documents: Sequence[SourceDocument], out: Path, workshop: Workshop) -> FaxPages:
    return render(
        documents, out, replace(workshop, profile=replace(workshop.profile, resolution=Resolution.STANDARD))
    )


def _with_margin(page: RasterPage, bits: Bits, profile: Profile) -> Bits:
    """The page below the margin at the top; a fax that goes through dot for dot, and full pages, stay."""
    if not profile.margin_rows or isinstance(page, BilevelPage) or len(bits) > profile.room[1]:
        return bits
    return np.pad(bits, ((profile.margin_rows, 0), (0, 0)))


def is_blank(bits: Bits) -> bool:
    """Whether there is nothing on the page but perhaps a speck of dust."""
    inked = bits[bits != 0]
    return len(inked) <= _DUST and int(np.unpackbits(inked).sum()) <= _DUST


def _empty(document: SourceDocument) -> DocumentEmpty:
    """Says that nothing is to be seen in the document, and when there are only macros, that."""
    if has_macros(document.path):
        return DocumentEmpty(
            document.name,
            sentence=f'The document "{document.name}" shows nothing without macros, and none are run here.',
            remedy="Open it on your computer, print it to a PDF, and send that.",
        )
    return DocumentEmpty(document.name)


def has_macros(path: Path) -> bool:
    """Whether an office document brings macros along (VBA in OOXML, Basic in OpenDocument)."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(
                name.endswith("vbaProject.bin") or name.startswith("Basic/") for name in archive.namelist()
            )
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


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
