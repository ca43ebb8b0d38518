"""PDFs of faxes that can be searched."""

import subprocess

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderers import tiff_tags
from renderers.ocr import Word, confidence, parsed
from renderers.pipeline import render
from renderers.profile import Profile, Resolution
from renderers.viewing import PdfFile, to_pdf
from tests.unit.renderers.pages import a_document, a_fax, a_workshop, white

TEXT = b"The quick brown fox jumps over the lazy dog.\nInvoice (2026) for seven pumps and one impeller.\n"


@pytest.mark.parametrize("resolution", [Resolution.STANDARD, Resolution.FINE])
def test_the_words_of_a_fax_are_found_where_they_stand(tmp_path, monkeypatch, resolution):
    monkeypatch.chdir(tmp_path)
    document = a_document(tmp_path, TEXT, "text/plain")
    render([document], tmp_path / "fax.tif", a_workshop(tmp_path, Profile(resolution)))

    to_pdf(tmp_path / "fax.tif", tmp_path / "fax.pdf", ocr="eng")

    with pypdfium2.PdfDocument(tmp_path / "fax.pdf") as pdf:
        page = pdf[0].get_textpage()
        found = page.get_text_range()
        left, _, _, top = page.get_charbox(found.index("quick"))
    assert {"quick", "brown", "Invoice", "pumps"} <= set(found.split())
    assert left == pytest.approx((107 + 4 * 19) / 204 * 72, abs=8)
    assert top > 842 - 72


def test_without_ocr_there_is_no_text(tmp_path):
    document = a_document(tmp_path, TEXT, "text/plain")
    render([document], tmp_path / "fax.tif", a_workshop(tmp_path))

    to_pdf(tmp_path / "fax.tif", tmp_path / "fax.pdf")

    told = subprocess.run(
        ["pdftotext", tmp_path / "fax.pdf", "-"], capture_output=True, text=True, check=True
    )
    assert not told.stdout.strip()


def test_a_word_is_where_the_table_says():
    table = "head\n5\t1\t1\t1\t1\t1\t306\t153\t612\t51\t96.5\tpump\n5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t4\tdust"

    assert parsed(table) == [Word("pump", 1.0, 0.5, 2.0, pytest.approx(1 / 6))]


def a_line(*words, line=1):
    """Rows of the table: each word with its left, top, width and height in dots."""
    return "".join(
        f"5\t1\t1\t1\t{line}\t{number}\t{left}\t{top}\t{width}\t{height}\t96\t{text}\n"
        for number, (text, left, top, width, height) in enumerate(words)
    )


@pytest.mark.parametrize(
    ("line", "turned"),
    [
        (a_line(("one", 100, 100, 90, 30), ("two", 200, 100, 90, 30)), 0),
        (a_line(("one", 900, 100, 30, 90), ("two", 900, 200, 30, 90)), 90),
        (a_line(("one", 900, 100, 90, 30), ("two", 800, 100, 90, 30)), 180),
        (a_line(("one", 100, 900, 30, 90), ("two", 100, 800, 30, 90)), 270),
        (a_line(("שלום", 900, 100, 90, 30), ("עולם", 800, 100, 90, 30)), 0),
        (a_line(("שלום", 100, 100, 90, 30), ("עולם", 200, 100, 90, 30)), 180),
        (a_line(("alone", 100, 100, 90, 30)), 0),
        (a_line(("alone", 100, 100, 30, 90)), 90),
        (a_line(("I", 100, 100, 9, 30)), 0),
    ],
)
def test_words_are_turned_as_their_line_runs(line, turned):
    assert {word.turned for word in parsed(f"head\n{line}")} == {turned}


def test_lines_of_a_page_may_run_in_different_ways():
    rows = a_line(("one", 100, 100, 90, 30), ("two", 200, 100, 90, 30), line=1)
    rows += a_line(("three", 900, 100, 30, 90), ("four", 900, 200, 30, 90), line=2)

    assert [word.turned for word in parsed(f"head\n{rows}")] == [0, 0, 90, 90]


def test_a_table_of_doubtful_words_is_not_sure():
    sure = a_line(("one", 1, 1, 9, 3))

    assert confidence(f"head\n{sure}") == 96
    assert confidence(f"head\n{sure}{sure.replace('96', '10')}") == 53
    assert confidence("head\n") == 0


def a_pdf(tmp_path, *words):
    """A PDF of a white page with these unseen words."""
    (page,) = tiff_tags.read_directories(a_fax(tmp_path / "fax.tif", white(2287)))
    file = PdfFile()
    file.add_page(page, b"", words)
    (tmp_path / "fax.pdf").write_bytes(file.finished())
    return tmp_path / "fax.pdf"


WRITINGS = {
    "German": "Größe",
    "Polish": "Źródło",
    "Russian": "насосов",
    "Greek": "Αντλία",
    "Hebrew": "החשבונית",
    "Arabic": "الفاتورة",
    "Chinese": "办公室",
    "Korean": "사무실",
    "more letters than a font has codes": "".join(map(chr, range(0x4E00, 0x4E00 + 600))),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_words_of_every_writing_are_found(tmp_path, writing):
    text = WRITINGS[writing]
    pdf = a_pdf(tmp_path, Word(text, 1, 1, 3, 0.2), Word("(pump) \\", 1, 2, 1, 0.2))

    with pypdfium2.PdfDocument(pdf) as file:
        assert file[0].get_textpage().get_text_range().split() == [text, "(pump)", "\\"]
    told = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True)
    assert text in told.stdout


@pytest.mark.parametrize(
    ("turned", "width", "height", "first", "last"),
    [
        (0, 1, 0.2, (72, 86.4), (129.6, 144)),
        (180, 1, 0.2, (129.6, 144), (72, 86.4)),
        (90, 0.2, 1, (753.7, 768.1), (696.1, 710.5)),
        (270, 0.2, 1, (696.1, 710.5), (753.7, 768.1)),
    ],
)
@pytest.mark.parametrize("text", ["pumps", "החשבו"])
def test_a_word_fills_its_box_in_the_direction_it_is_read(tmp_path, text, turned, width, height, first, last):
    with pypdfium2.PdfDocument(a_pdf(tmp_path, Word(text, 1, 1, width, height, turned))) as file:
        page = file[0].get_textpage()
        boxes = [page.get_charbox(index) for index in range(5)]

    along = slice(0, None, 2) if turned in (0, 180) else slice(1, None, 2)
    ends = [boxes[0][along], boxes[4][along]]
    assert ends == [
        pytest.approx(end, abs=0.5) for end in ((last, first) if text == "החשבו" else (first, last))
    ]


@given(st.text())
def test_any_table_is_read_without_an_error(text):
    parsed(f"head\n{text}")
