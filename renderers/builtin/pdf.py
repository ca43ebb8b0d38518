"""PDF pages, drawn by pdfium into grey at the fax's own resolution: nothing is resized afterwards."""

from __future__ import annotations

import contextlib
import ctypes
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from renderers.builtin import pdf_annotations
from renderers.builtin.pdf_pictures import drawn_page, may_be_scans, scanned_page
from renderers.document import SourceDocument
from renderers.errors import (
    DocumentDamaged,
    DocumentEmpty,
    DocumentProtected,
    DocumentTooLarge,
    DocumentUnsupported,
    TooManyPages,
)
from renderers.media_type import PDF
from renderers.profile import PAGE_WIDTH, Profile
from renderers.raster import Placement, place, sheet
from renderers.sheets import cut_page, is_long, place_long
from renderers.spec import BUILTIN, NOT_MINE, Gray, GrayPage, RasterPage, Workshop

_POINTS_PER_INCH = 72
_LONGEST_NOTE = 600  # characters on the page of a portfolio
#: How long a file is that was written for the web, as its first bytes say (ISO 32000-1 annex F.3.3).
_LENGTH = re.compile(rb"/Linearized\b[^>]{0,300}?/L\s+(\d{1,12})\b")
_LENGTH_WITHIN = 1024  # bytes
_MOST_IN_COLOUR, _BYTES_OF_COLOUR = 20_000, 4  # rows
_FLAGS = pdfium.FPDF_ANNOT | pdfium.FPDF_PRINTING | pdfium.FPDF_GRAYSCALE


class PdfRenderer:
    """PDF of any version pdfium reads. Filled forms and annotations are printed, scripts are not run."""

    name = "pdf"

    def score(self, document: SourceDocument) -> int:
        """Accepts PDF."""
        return BUILTIN if document.media_type == PDF else NOT_MINE

    def pages(self, document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
        """The pages of the PDF."""
        return pdf_pages(document.path, document.name, workshop.profile)


def pdf_pages(path: Path, name: str, profile: Profile) -> Iterator[RasterPage]:
    """The pages of a PDF file, each in the memory of the one before; errors call it `name`.

    Raises:
        DocumentProtected, DocumentDamaged, DocumentEmpty, DocumentTooLarge, DocumentUnsupported, TooManyPages
    """
    document = _open(path, name)
    try:
        _refuse_half(document, path, name)
        _refuse_program(document, name)
        document.init_forms()
        count = len(document)
        if count == 0:
            raise DocumentEmpty(name)
        if count > profile.most_drawn:
            raise TooManyPages.over(profile.page_limit, name)
        paper, scans = sheet(profile.rows), may_be_scans(path)
        for index in range(count):
            with _page(document, index, name) as page:
                width, height = (points / _POINTS_PER_INCH for points in page.get_size())
                long = is_long(width, height, profile)
                spot = (place_long if long else place)(width, height, profile)
                if spot.rows > profile.most_drawn * profile.rows:
                    raise TooManyPages.over(profile.page_limit, name)
                scan = scanned_page(page, spot) if scans and not long else None
                memory = sheet(spot.rows) if long else paper[: spot.rows]
                found = scan or _drawn(document, page, spot, name, memory)
            if found is None:
                raise _without_a_picture(name, index + 1)
            yield from cut_page(found, profile) if long else (found,)
    finally:
        document.close()


def _open(path: Path, name: str) -> Any:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise DocumentProtected(name) from error
        raise DocumentDamaged(name, detail=str(error)) from error


def _refuse_half(document: Any, path: Path, name: str) -> None:
    """Returns when nothing was cut off: files for the web begin with all that is needed to open them.

    Raises:
        DocumentDamaged
    """
    if pdfium.FPDF_DocumentHasValidCrossReferenceTable(document.raw):
        return
    with path.open("rb") as file:
        said = _LENGTH.search(file.read(_LENGTH_WITHIN))
    if said and (missing := int(said[1]) - path.stat().st_size) > 0:
        raise DocumentDamaged(
            name,
            detail=f"{missing} bytes are missing",
            sentence=f'The document "{name}" is not complete: its end is missing.',
            remedy="Attach it again, or open it, print it to a new PDF, and send that.",
        )


def _refuse_program(document: Any, name: str) -> None:
    """Returns when the PDF has pages. Dynamic XFA forms have one that says "Please wait", and a program.

    Portfolios have one that says to open them in Adobe's programs, and documents inside.

    Raises:
        DocumentUnsupported
    """
    if pdfium.FPDF_GetFormType(document.raw) == pdfium.FORMTYPE_XFA_FULL:
        raise DocumentUnsupported(
            name,
            sentence=f'The document "{name}" is a form that only Adobe\'s own programs can show (XFA).',
            remedy="Open it there, print it to a PDF, and send that.",
        )
    if _is_portfolio(document):
        raise DocumentUnsupported(
            name,
            sentence=f'The document "{name}" is a portfolio that only Adobe\'s own programs can open.',
            remedy="Attach the documents in it instead.",
        )


def _is_portfolio(document: Any) -> bool:
    """Whether the only page is one of a few words about Adobe's programs, and there are documents inside.

    Invoices have their data inside (Factur-X).
    """
    count = pdfium.FPDFDoc_GetAttachmentCount(document.raw) if len(document) == 1 else 0
    names = (document.get_attachment(number).get_name() for number in range(count))
    if all(name.lower().endswith(".xml") for name in names):
        return False
    with _page(document, 0, "") as page:
        text = page.get_textpage().get_text_range(0, _LONGEST_NOTE)
    return len(text) < _LONGEST_NOTE and ("Adobe" in text or "Acrobat" in text)


@contextlib.contextmanager
def _page(document: Any, index: int, name: str) -> Iterator[Any]:
    try:
        page = document[index]
    except pypdfium2.PdfiumError as error:
        raise DocumentDamaged(name, detail=f"page {index + 1}: {error}") from error
    with contextlib.closing(page):
        yield page


def _drawn(document: Any, page: Any, spot: Placement, name: str, gray: Gray) -> GrayPage | None:
    """The page; None when a picture is lacking on it."""
    pdf_annotations.complete(document, page)
    _draw(document, page, spot, name, gray)
    return drawn_page(page, spot, gray, lambda: _draw_in_colour(document, page, spot, gray))


def _without_a_picture(name: str, number: int) -> DocumentDamaged:
    return DocumentDamaged(
        name,
        sentence=f'A picture on page {number} of the document "{name}" is damaged and cannot be shown.',
        remedy="Print the document to a new PDF where the picture can be seen, and send that.",
    )


def _draw(document: Any, page: Any, spot: Placement, name: str, gray: Gray) -> Gray:
    """The page in grey, drawn into memory of ours so that nothing is copied."""
    gray.fill(255)
    if not _draw_as(pdfium.FPDFBitmap_Gray, document, page, spot, gray):
        raise DocumentTooLarge(name)
    return gray


def _draw_in_colour(document: Any, page: Any, spot: Placement, gray: Gray) -> None:
    """Draws the page anew in a bitmap of colours: in a grey one pdfium takes the opacity of letters twice."""
    if spot.rows > _MOST_IN_COLOUR:
        return
    colours = np.full((spot.rows, PAGE_WIDTH, _BYTES_OF_COLOUR), 255, np.uint8)
    if _draw_as(pdfium.FPDFBitmap_BGRx, document, page, spot, colours):
        gray[:] = colours[:, :, 0]


def _draw_as(kind: int, document: Any, page: Any, spot: Placement, dots: Gray) -> bool:
    """Draws the page, white so far, in greys; False when there is no memory for a bitmap."""
    memory = dots.ctypes.data_as(ctypes.c_void_p)
    bitmap = pdfium.FPDFBitmap_CreateEx(PAGE_WIDTH, spot.rows, kind, memory, dots.strides[0])
    if not bitmap:
        return False
    where = (spot.left, 0, spot.width, spot.rows, int(spot.turned))
    pdfium.FPDF_RenderPageBitmap(bitmap, page.raw, *where, _FLAGS)
    if document.formenv:
        pdfium.FPDF_FFLDraw(document.formenv.raw, bitmap, page.raw, *where, _FLAGS)
    pdfium.FPDFBitmap_Destroy(bitmap)
    return True
