"""What a person must be able to read on a fax, read by Tesseract. The bench of the same name has more."""

from pathlib import Path

import weasyprint

from renderers.profile import Resolution
from tests.benchmarks.legibility import by_faxgw, by_gs, read_by_ocr, recall
from tests.benchmarks.legibility_corpus import STYLES, prose

FINE = Resolution.FINE


def a_page(folder: Path, *kinds: str) -> tuple[Path, str]:
    """A PDF with a paragraph of each of these styles, and its words."""
    styles = [style for kind in kinds for style in tuple(dict.fromkeys(STYLES[kind]))[-3:]]
    body = "".join(f"<p style='{style}'>{prose(number)}</p>" for number, style in enumerate(styles))
    sheet = "<style>@page { size: A4; margin: 1cm } p { font: 9.5pt Liberation Sans; margin: 5mm 0 }</style>"
    weasyprint.HTML(string=sheet + body).write_pdf(folder / "page.pdf")
    return folder / "page.pdf", " ".join(prose(number) for number in range(len(styles)))


def test_grey_and_pale_text_can_be_read_where_ghostscripts_cannot(tmp_path):
    pdf, words = a_page(tmp_path, "grey", "light grey on white")

    by_faxgw(pdf, FINE, tmp_path / "ours.tif")
    by_gs(pdf, FINE, tmp_path / "gs.tif")

    assert recall(words, read_by_ocr(tmp_path / "ours.tif", FINE)) >= 0.99
    assert recall(words, read_by_ocr(tmp_path / "gs.tif", FINE)) < 0.5


def test_text_on_dark_tints_can_be_read(tmp_path):
    pdf, words = a_page(tmp_path, "dark on dark tint", "light on dark")

    by_faxgw(pdf, FINE, tmp_path / "ours.tif")

    assert recall(words, read_by_ocr(tmp_path / "ours.tif", FINE)) >= 0.95
