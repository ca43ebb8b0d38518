"""Where pictures lie on a page, however the PDF puts them there."""

import io

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from renderers.bilevel import bilevel
from renderers.builtin.pdf import _draw, pdf_pages
from renderers.builtin.pdf_pictures import find_pictures
from renderers.builtin.pdf_scan import scanned_page
from renderers.profile import Profile
from renderers.raster import place, sheet

FINE = Profile()


def a_jpeg(size=(400, 400)) -> bytes:
    data = io.BytesIO()
    Image.new("L", size, 10).save(data, "JPEG")
    return data.getvalue()


def a_pdf(
    path, content: bytes, *, form: bytes = b"", rotate: int = 0, size=(595, 842), jpeg: bytes | None = None
):
    with pikepdf.new() as pdf:
        image = pikepdf.Stream(pdf, jpeg or a_jpeg(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
        image.Width, image.Height, image.BitsPerComponent = 400, 400, 8
        image.ColorSpace, image.Filter = pikepdf.Name.DeviceGray, pikepdf.Name.DCTDecode
        inner = pikepdf.Stream(pdf, form, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
        inner.BBox, inner.Matrix = [0, 0, 1000, 1000], [0.5, 0, 0, 0.5, 30, 40]
        inner.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
        page = pdf.add_blank_page(page_size=size)
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image, F=inner))
        page.Contents = pikepdf.Stream(pdf, content)
        page.Rotate = rotate
        pdf.save(path)
    return path


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("size", [(595, 842), (842, 595)])
@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"q 200 0 0 150 100 300 cm /I Do Q", b""),
        (b"q 1 0 0 1 50 60 cm /F Do Q", b"q 300 0 0 200 80 90 cm /I Do Q"),
        (b"q 0 150 -200 0 350 300 cm /I Do Q", b""),
    ],
)
def test_the_box_of_a_picture_is_where_it_is_drawn(tmp_path, content, form, rotate, size):
    path = a_pdf(tmp_path / "a.pdf", content, form=form, rotate=rotate, size=size)

    (page,) = pdf_pages(path, "a.pdf", FINE)

    rows, columns = np.nonzero(page.gray < 128)
    (box,) = page.pictures
    assert (box.left, box.top) == pytest.approx((columns.min(), rows.min()), abs=2)
    assert (box.right, box.bottom) == pytest.approx((columns.max() + 1, rows.max() + 1), abs=2)


def test_a_scan_is_the_same_the_fast_way_and_drawn(sample):
    document = pypdfium2.PdfDocument(sample("scan.pdf").path)
    page = document[0]
    spot = place(*(points / 72 for points in page.get_size()), FINE)

    fast = scanned_page(page, spot)
    drawn = _draw(document, page, spot, "scan.pdf", sheet(spot.rows))

    assert fast is not None
    assert fast.pictures == find_pictures(page, spot)
    assert np.abs(fast.gray.astype(int) - drawn).mean() < 8
    document.close()
    assert abs(np.unpackbits(bilevel(fast, FINE.resolution)).mean() - 0.015) < 0.01


@pytest.mark.parametrize(
    "content",
    [
        b"q 595 0 0 842 0 0 cm /I Do Q 0 0 100 100 re f",
        b"q 595 0 0 -842 0 842 cm /I Do Q",
        b"q 700 0 0 842 -50 0 cm /I Do Q",
        b"q 100 0 0 100 0 0 cm /I Do Q",
        b"q 10 10 300 300 re W n 595 0 0 842 0 0 cm /I Do Q",
        b"",
    ],
)
def test_what_is_more_or_less_than_a_scan_is_drawn(tmp_path, content):
    document = pypdfium2.PdfDocument(a_pdf(tmp_path / "a.pdf", content))
    page = document[0]

    assert scanned_page(page, place(595 / 72, 842 / 72, FINE)) is None
    page.close()
    document.close()


def test_a_scan_whose_jpeg_is_broken_is_left_to_pdfium(tmp_path):
    path = a_pdf(tmp_path / "a.pdf", b"q 595 0 0 842 0 0 cm /I Do Q", jpeg=b"\xff\xd8\xff\xe0 not a jpeg")

    (page,) = pdf_pages(path, "a.pdf", FINE)

    assert page.gray.shape == (2287, 1728)
