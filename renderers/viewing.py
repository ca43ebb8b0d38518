"""Fax pages for people: the whole fax as a PDF, one page as a small picture.

Spec: ISO 32000-1 clause 7.4.6 (CCITTFaxDecode).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from renderers import tiff_tags
from renderers.errors import DocumentDamaged
from renderers.header import rewritten
from renderers.lines import gray_of
from renderers.ocr import Word, words_on
from renderers.profile import X_DPI
from renderers.tiff import decode_pages
from renderers.unseen import UnseenText

_POINTS_PER_INCH = 72
_OCR_SECONDS = 60.0  #: for one fax


def to_pdf(tiff: Path, out: Path, *, ocr: str = "") -> None:
    """Writes every page of a fax as a PDF page of its true size, the dots compressed as T.6 (MMR).

    With `ocr` (languages, as "eng+deu") the words on them can be searched; pages that are not read in a
    minute altogether stay pictures.

    Raises:
        DocumentDamaged: the file is no fax TIFF.
        ConverterMissing: words are wanted and Tesseract is not installed.
    """
    until = time.monotonic() + _OCR_SECONDS
    own = out.with_name(out.name + ".tif")
    try:
        rewritten(tiff, own, lambda bits, resolution, _: (bits, resolution))
        writer = PdfFile()
        with own.open("rb") as file:
            for bits, page in decode_pages(own, tiff.name):
                dots = int(page.number(tiff_tags.WIDTH))
                words = words_on(bits, dots, page.resolution, ocr, until) if ocr else []
                file.seek(int(page.number(tiff_tags.STRIP_OFFSETS)))
                writer.add_page(page, file.read(int(page.number(tiff_tags.STRIP_BYTES))), words)
        out.write_bytes(writer.finished())
    finally:
        own.unlink(missing_ok=True)


def picture(tiff: Path, out: Path, *, page: int = 1, width: int = 600) -> None:
    """Writes one page (from 1) as a PNG in grey, `width` dots wide and as high as it is on paper.

    Raises:
        DocumentDamaged: the file is no fax TIFF, or has no such page.
    """
    for index, (bits, directory) in enumerate(decode_pages(tiff)):
        if index + 1 == page:
            dots = int(directory.number(tiff_tags.WIDTH))
            square_rows = len(bits) / directory.resolution.y_dpi * X_DPI
            height = max(1, round(square_rows * width / dots))
            image = Image.fromarray(gray_of(bits, dots)).resize((width, height), Image.Resampling.BOX)
            _in_16_greys(image).save(out, "PNG", bits=4)
            return
    raise DocumentDamaged(tiff.name, detail=f"there is no page {page}")


def _in_16_greys(image: Image.Image) -> Image.Image:
    """The picture as four bits a dot: half the bytes, and no eye sees a difference."""
    indexed = Image.fromarray(np.asarray(image) >> 4).convert("P")
    indexed.putpalette([level * 17 for level in range(16) for _ in "rgb"])
    return indexed


class PdfFile:
    """A PDF of pages that are one fax image each."""

    def __init__(self) -> None:
        self._objects = [b"", b"", b""]  # 1 the catalogue, 2 the page tree, 3 the fonts: known at the end
        self._pages: list[int] = []
        self._text = UnseenText()

    def add_page(self, page: tiff_tags.Directory, t6: bytes, words: Sequence[Word] = ()) -> None:
        """Adds a page that shows the T.6 data, min-is-white as we write it, over words nobody sees."""
        dots, rows = int(page.number(tiff_tags.WIDTH)), int(page.number(tiff_tags.ROWS))
        width = dots * _POINTS_PER_INCH / X_DPI
        height = rows * _POINTS_PER_INCH / page.resolution.y_dpi
        drawing = b"q %.4f 0 0 %.4f 0 0 cm /F Do Q" % (width, height)
        drawing += self._text.drawn(words, height)
        image = self._add(
            b"<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 1/ColorSpace/DeviceGray"
            b"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %d/Rows %d>>"
            b"/Length %d>>\nstream\n%b\nendstream" % (dots, rows, dots, rows, len(t6), t6)
        )
        content = self._add(b"<</Length %d>>\nstream\n%b\nendstream" % (len(drawing), drawing))
        self._pages.append(
            self._add(
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.4f %.4f]/Contents %d 0 R"
                b"/Resources<</XObject<</F %d 0 R>>/Font 3 0 R>>>>" % (width, height, content, image)
            )
        )

    def finished(self) -> bytes:
        """The file's bytes."""
        kids = b" ".join(b"%d 0 R" % number for number in self._pages)
        self._objects[0] = b"<</Type/Catalog/Pages 2 0 R>>"
        self._objects[1] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(self._pages), kids)
        self._objects[2] = self._text.fonts(self._add)
        data = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for number, body in enumerate(self._objects, 1):
            places.append(len(data))
            data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        start = len(data)
        data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        data += b"".join(b"%010d 00000 n \n" % place for place in places)
        data += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, start)
        return bytes(data)

    def _add(self, body: bytes) -> int:
        self._objects.append(body)
        return len(self._objects)
