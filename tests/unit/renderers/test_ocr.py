"""PDFs of faxes that can be searched."""

import subprocess

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderers.ocr import Word, parsed
from renderers.pipeline import render
from renderers.profile import Profile, Resolution
from renderers.viewing import to_pdf
from tests.unit.renderers.pages import a_document, a_workshop

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


@given(st.text())
def test_any_table_is_read_without_an_error(text):
    parsed(f"head\n{text}")
