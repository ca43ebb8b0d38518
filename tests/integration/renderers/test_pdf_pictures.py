"""Where pictures lie on a page, however the PDF puts them there."""

import contextlib
import io
import zlib

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from renderers.bilevel import bilevel
from renderers.builtin.pdf import _draw, pdf_pages
from renderers.builtin.pdf_pictures import drawn_page, may_be_scans, scanned_page
from renderers.errors import DocumentDamaged
from renderers.native.library import library
from renderers.profile import Profile
from renderers.raster import draw_picture, place, sheet
from renderers.spec import Box

FINE = Profile()


def a_jpeg(size=(400, 400)) -> bytes:
    data = io.BytesIO()
    Image.new("L", size, 10).save(data, "JPEG")
    return data.getvalue()


def a_pdf(
    path,
    content: bytes,
    *,
    form: bytes = b"",
    rotate: int = 0,
    size=(595, 842),
    jpeg: bytes | None = None,
    change=lambda _pdf, _image: None,
):
    with pikepdf.new() as pdf:
        image = pikepdf.Stream(pdf, jpeg or a_jpeg(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
        image.Width, image.Height, image.BitsPerComponent = 400, 400, 8
        image.ColorSpace, image.Filter = pikepdf.Name.DeviceGray, pikepdf.Name.DCTDecode
        change(pdf, image)
        inner = pikepdf.Stream(pdf, form, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
        inner.BBox, inner.Matrix = [0, 0, 1000, 1000], [0.5, 0, 0, 0.5, 30, 40]
        inner.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        inner.Resources.Font = pikepdf.Dictionary(H=font)
        page = pdf.add_blank_page(page_size=size)
        page.Resources = pikepdf.Dictionary(
            XObject=pikepdf.Dictionary(I=image, F=inner), Font=pikepdf.Dictionary(H=font)
        )
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


_PICTURE, _WRITTEN = b"q 300 0 0 200 100 300 cm /I Do Q ", b"BT /H 20 Tf 120 400 Td (Offer 4711) Tj ET "


@pytest.mark.parametrize(
    ("content", "form", "greys"),
    [
        (_PICTURE + b"1 1 0 rg " + _WRITTEN, b"", [226]),
        (_PICTURE + b"/F Do", b"1 g BT /H 20 Tf 400 900 Td (Offer) Tj ET", [255]),
        (b"/F Do 1 g " + _WRITTEN, b"q 600 0 0 400 200 600 cm /I Do Q", [255]),
        (_WRITTEN + _PICTURE, b"", []),
        (_PICTURE + b"3 Tr 1 g " + _WRITTEN, b"", []),
        (_PICTURE + b"1 g BT /H 20 Tf 120 700 Td (Beside it) Tj ET", b"", []),
        (b"q 30 0 0 20 100 395 cm /I Do Q 1 g " + _WRITTEN, b"", []),
    ],
)
def test_texts_on_a_picture_are_those_that_were_written_on_it_later(tmp_path, content, form, greys):
    path = a_pdf(tmp_path / "a.pdf", content, form=form)

    (page,) = pdf_pages(path, "a.pdf", FINE)

    assert [text.grey for text in page.texts] == greys
    for text in page.texts:
        box = text.box
        assert (page.gray[box.top : box.bottom, box.left : box.right] == text.grey).sum() > 100
        assert 300 > box.right - box.left > box.bottom - box.top > 15


@pytest.mark.parametrize(
    ("content", "form", "letters", "dark"),
    [
        (_WRITTEN, b"", True, True),
        (b"/F Do", _WRITTEN, True, True),
        (_WRITTEN + b" 1 0 0 rg " + _WRITTEN, b"", True, True),
        (_WRITTEN + b" 1 .6 0 rg " + _WRITTEN, b"", True, False),
        (_WRITTEN + b" /F Do", b"0.7 g " + _WRITTEN, True, False),
        (_WRITTEN + b" 100 300 m 400 300 l S", b"", False, False),
        (_WRITTEN + b" /F Do", b"100 300 300 1 re f", False, False),
        (_WRITTEN + _PICTURE, b"", False, False),
    ],
)
def test_a_page_of_letters_only_is_told_from_one_that_may_have_rules(tmp_path, content, form, letters, dark):
    path = a_pdf(tmp_path / "a.pdf", content, form=form)

    (page,) = pdf_pages(path, "a.pdf", FINE)

    assert (page.only_letters, page.only_dark) == (letters, dark)


def test_a_scan_is_the_same_the_fast_way_and_drawn(sample):
    path = sample("scan.pdf").path
    document = pypdfium2.PdfDocument(path)
    page = document[0]
    spot = place(*(points / 72 for points in page.get_size()), FINE)

    fast = scanned_page(page, spot)
    drawn = _draw(document, page, spot, "scan.pdf", sheet(spot.rows))

    assert fast is not None
    found = drawn_page(page, spot, drawn, lambda: None)
    assert found is not None
    assert (found.pictures, found.texts) == (fast.pictures, ())
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
    path = a_pdf(tmp_path / "a.pdf", content)
    document = pypdfium2.PdfDocument(path)
    page = document[0]

    assert scanned_page(page, place(595 / 72, 842 / 72, FINE)) is None
    page.close()
    document.close()


def as_a_mask(pdf, image):
    mask = pikepdf.Stream(pdf, b"\0" * 16, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
    mask.Width, mask.Height, mask.BitsPerComponent = 4, 4, 8
    mask.ColorSpace = pikepdf.Name.DeviceGray
    image.SMask = mask


def as_ink(pdf, image):
    to_gray = pikepdf.Dictionary(FunctionType=2, Domain=[0, 1], C0=[1], C1=[0], N=1)
    image.ColorSpace = [pikepdf.Name.Separation, pikepdf.Name.Black, pikepdf.Name.DeviceGray, to_gray]


def as_a_palette(pdf, image):
    image.ColorSpace = [pikepdf.Name.Indexed, pikepdf.Name.DeviceGray, 255, bytes(range(255, -1, -1))]


def turned_round(pdf, image):
    image.Decode = [1, 0]


def with_one_grey_left_out(pdf, image):
    image.Mask = [0, 40]


@pytest.mark.parametrize(
    "change",
    [as_a_mask, as_ink, as_a_palette, turned_round, with_one_grey_left_out],
    ids=lambda one: one.__name__,
)
def test_a_scan_whose_dots_are_not_what_its_jpeg_says_is_white(tmp_path, change):
    path = a_pdf(tmp_path / "a.pdf", b"q 595 0 0 842 0 0 cm /I Do Q", change=change)

    (page,) = pdf_pages(path, "a.pdf", FINE)

    assert page.gray[:, 20:1700].min() > 200


def test_a_scan_that_says_the_usual_of_its_dots_takes_the_fast_way(tmp_path):
    def usual(pdf, image):
        image.Decode = [0, 1]

    path = a_pdf(tmp_path / "a.pdf", b"q 595 0 0 842 0 0 cm /I Do Q", change=usual)
    with contextlib.closing(pypdfium2.PdfDocument(path)) as document:
        assert scanned_page(document[0], place(595 / 72, 842 / 72, FINE)) is not None
    assert may_be_scans(path)


@pytest.mark.parametrize("size", [(4, 4), (37, 900), (3000, 40), (1700, 2300)])
def test_a_jpeg_of_any_size_is_drawn_small_as_it_would_be_large(size):
    shades = Image.linear_gradient("L").resize(size)
    data, out = io.BytesIO(), np.zeros((220, 300), np.uint8)
    shades.save(data, "JPEG", quality=95)

    done = library().draw_jpeg(data.getvalue(), len(data.getvalue()), out.ctypes.data, 200, 220, 300)

    wanted = np.zeros_like(out)
    draw_picture(shades, wanted, Box(0, 0, 200, 220))
    assert done
    assert np.abs(out[:, :200].astype(int) - wanted[:, :200]).max() < 12
    assert not out[:, 200:].any()


def a_cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def a_jpeg_2000() -> bytes:
    data = io.BytesIO()
    Image.linear_gradient("L").resize((400, 400)).save(data, "JPEG2000")
    return data.getvalue()


def coded(data: bytes, coding: str, bits: int = 8):
    """Gives the picture of a PDF these bytes."""

    def change(_pdf, image):
        image.write(data, filter=pikepdf.Name(f"/{coding}"))
        image.BitsPerComponent = bits

    return change


@pytest.mark.parametrize(
    ("data", "coding", "bits"),
    [
        (b"\xff\xd8\xff\xe0 not a jpeg", "DCTDecode", 8),
        (a_cut(a_jpeg_2000()), "JPXDecode", 8),
        (b"no JBIG2" * 600, "JBIG2Decode", 1),
        (a_jpeg(), "OfTheFutureDecode", 8),
    ],
)
@pytest.mark.parametrize("content", [b"q 300 0 0 200 100 300 cm /I Do Q", b"q 595 0 0 842 0 0 cm /I Do Q"])
def test_a_picture_that_cannot_be_shown_is_told_with_its_page(tmp_path, content, data, coding, bits):
    path = a_pdf(tmp_path / "a.pdf", content, change=coded(data, coding, bits))

    with pytest.raises(DocumentDamaged) as told:
        list(pdf_pages(path, "offer.pdf", FINE))

    assert str(told.value) == (
        'A picture on page 1 of the document "offer.pdf" is damaged and cannot be shown. '
        "Print the document to a new PDF where the picture can be seen, and send that."
    )


def test_a_picture_in_a_form_that_cannot_be_shown_is_told(tmp_path):
    form = b"q 300 0 0 200 80 90 cm /I Do Q"
    path = a_pdf(tmp_path / "a.pdf", b"/F Do", form=form, change=coded(b"junk", "JPXDecode"))

    with pytest.raises(DocumentDamaged, match="picture on page 1"):
        list(pdf_pages(path, "offer.pdf", FINE))


@pytest.mark.parametrize(
    ("content", "change"),
    [
        (b"q 300 0 0 200 100 300 cm /I Do Q", coded(zlib.compress(b"\xff" * 160_000), "FlateDecode")),
        (b"q 3 0 0 3 100 300 cm /I Do Q", coded(b"junk", "JPXDecode")),
        (b"q 300 0 0 200 700 300 cm /I Do Q", coded(b"junk", "JPXDecode")),
    ],
    ids=["white", "too small to be missed", "beside the page"],
)
def test_a_picture_of_which_nothing_is_missed_is_no_reason_to_complain(tmp_path, content, change):
    path = a_pdf(tmp_path / "a.pdf", content, change=change)

    (page,) = pdf_pages(path, "offer.pdf", FINE)

    assert page.gray.min() == 255


def test_a_pdf_for_the_web_that_was_cut_off_is_told_from_a_whole_one(tmp_path):
    path, cut = a_pdf(tmp_path / "a.pdf", b"q 300 0 0 200 100 300 cm /I Do Q"), tmp_path / "cut.pdf"
    with pikepdf.open(path) as pdf:
        pdf.save(tmp_path / "web.pdf", linearize=True)
    whole = (tmp_path / "web.pdf").read_bytes()
    assert len(list(pdf_pages(tmp_path / "web.pdf", "offer.pdf", FINE))) == 1
    cut.write_bytes(whole[:-60])

    with pytest.raises(DocumentDamaged, match=r"is not complete: its end is missing\. Attach it again"):
        list(pdf_pages(cut, "offer.pdf", FINE))
