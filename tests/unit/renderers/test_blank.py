"""Blank pages are left out where that is wanted; a fax of nothing else is refused in words."""

import zipfile

import numpy as np
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from renderers.document import SourceDocument
from renderers.errors import DocumentEmpty, TooManyPages
from renderers.media_type import has_macros
from renderers.page_coder import CodedPage
from renderers.pipeline import render
from renderers.profile import Profile
from tests.unit.renderers.pages import a_document, a_workshop, striped, white

DROP = Profile(drop_blank=True)


def test_a_page_of_nothing_but_a_speck_is_blank():
    page = white()
    page[100, 100:102] = 0xFF

    assert CodedPage.of(white()).is_blank
    assert CodedPage.of(page).is_blank
    assert not CodedPage.of(striped()).is_blank


def test_a_full_stop_is_something():
    page = white()
    page[100:105, 50] = 0xF8

    assert not CodedPage.of(page).is_blank


def test_dust_of_a_scanned_back_is_nothing():
    page = white()
    for row in range(10, 200, 10):
        page[row : row + 3, row] = 0x3C

    assert CodedPage.of(page).is_blank


def test_a_row_of_dots_is_something():
    page = white()
    page[100:103, 20:200:4] = 0x1C

    assert not CodedPage.of(page).is_blank


@given(
    st.integers(4, 39).flatmap(
        lambda most: st.sets(st.tuples(st.integers(0, most), st.integers(0, most)), max_size=100)
    )
)
def test_a_page_is_blank_when_its_specks_are_small_and_few(dots):
    bits = np.zeros((40, 40), bool)
    for dot in dots:
        bits[dot] = True
    sizes = []
    while dots:
        found, edge = 0, {dots.pop()}
        while edge:
            row, column = edge.pop()
            found += 1
            beside = {(row + y, column + x) for y in (-1, 0, 1) for x in (-1, 0, 1)} & dots
            dots -= beside
            edge |= beside
        sizes.append(found)

    expected = len(sizes) <= 20 and max(sizes, default=0) <= 16
    assert CodedPage.of(np.packbits(bits, axis=1)).is_blank == expected


@pytest.mark.parametrize(("profile", "pages", "dropped"), [(DROP, 2, 1), (Profile(), 3, 0)])
def test_blank_pages_are_left_out_where_that_is_wanted(tmp_path, profile, pages, dropped):
    document = a_document(tmp_path, b"one\n\f\n \ntwo\f"[:-1].replace(b"\n \n", b" \f"), "text/plain")

    fax = render([document], tmp_path / "fax.tif", a_workshop(tmp_path, profile))

    assert (fax.page_count, fax.dropped) == (pages, dropped)


def test_a_fax_of_blank_pages_is_refused(tmp_path):
    Image.fromarray(np.full((500, 500), 255, np.uint8)).save(tmp_path / "a.png")

    with pytest.raises(DocumentEmpty):
        render(
            [SourceDocument("a.png", tmp_path / "a.png")], tmp_path / "fax.tif", a_workshop(tmp_path, DROP)
        )


def a_pdf_of_sheets(path, sheets):
    with pikepdf.new() as pdf:
        for number in range(2 * sheets):
            page = pdf.add_blank_page(page_size=(595, 842))
            if number % 2 == 0:
                page.Contents = pikepdf.Stream(pdf, b"100 100 300 300 re f")
        pdf.save(path)
    return SourceDocument(path.name, path)


def a_tiff_of_sheets(path, sheets, **how):
    pages = [Image.new("1", (1728, 500), number % 2) for number in range(2 * sheets)]
    pages[0].save(path, save_all=True, append_images=pages[1:], **how)
    return SourceDocument(path.name, path)


@pytest.mark.parametrize(
    "made",
    [
        lambda folder, sheets: a_pdf_of_sheets(folder / "a.pdf", sheets),
        lambda folder, sheets: a_tiff_of_sheets(folder / "a.tif", sheets, compression="group4"),
        lambda folder, sheets: a_tiff_of_sheets(folder / "a.tif", sheets, compression="tiff_lzw"),
    ],
    ids=["pdf", "fax", "lzw"],
)
def test_blank_backs_of_sheets_do_not_count_towards_the_limit(tmp_path, made):
    workshop = a_workshop(tmp_path, Profile(drop_blank=True, page_limit=3))

    fax = render([made(tmp_path, 3)], tmp_path / "fax.tif", workshop)
    with pytest.raises(TooManyPages, match="more than 3 pages"):
        render([made(tmp_path, 4)], tmp_path / "fax.tif", workshop)
    with pytest.raises(TooManyPages, match="more than 5 pages"):
        kept = a_workshop(tmp_path, Profile(page_limit=5))
        render([made(tmp_path, 3)], tmp_path / "fax.tif", kept)

    assert (fax.page_count, fax.dropped) == (3, 3)


@pytest.mark.parametrize(("entry", "expected"), [("word/vbaProject.bin", True), ("word/document.xml", False)])
def test_macros_are_known_by_what_is_in_the_file(tmp_path, entry, expected):
    with zipfile.ZipFile(tmp_path / "a.docm", "w") as archive:
        archive.writestr(entry, "x")

    assert has_macros(tmp_path / "a.docm") is expected


@pytest.mark.parametrize(("stream", "expected"), [("_VBA_PROJECT", True), ("WordDocument", False)])
def test_macros_of_old_office_files_are_known_too(tmp_path, stream, expected):
    (tmp_path / "a.doc").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600) + stream.encode("utf-16-le"))

    assert has_macros(tmp_path / "a.doc") is expected
