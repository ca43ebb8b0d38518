"""Letters of a PDF that show what is below them are as dark on the fax as they were on the screen."""

from pathlib import Path

import pikepdf
import pytest
from pikepdf import Dictionary, Name

from renderers import Profile, Resolution, SourceDocument
from renderers.builtin.pdf import pdf_pages
from tests.unit.renderers.pages import bits_of, black_dots


def letters(path: Path, opacity: float) -> SourceDocument:
    """Lines of small black letters."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Resources = Dictionary(
            Font=Dictionary(H=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)),
            ExtGState=Dictionary(O=Dictionary(ca=opacity)),
        )
        text = b"/O gs BT /H 11 Tf 14 TL 60 780 Td " + 20 * b"(Order 4711 of 22 November) ' " + b"ET"
        page.Contents = pdf.make_stream(text)
        pdf.save(path)
    return SourceDocument(path.name, path)


@pytest.mark.parametrize("opacity", [0.25, 0.5, 0.87])
def test_letters_are_as_dark_as_their_opacity_says(tmp_path, opacity):
    document = letters(tmp_path / "a.pdf", opacity)

    (page,) = pdf_pages(document.path, "a.pdf", Profile())

    assert int(page.gray.min()) == pytest.approx(255 * (1 - opacity), abs=2)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("resolution", [Resolution.FINE, Resolution.STANDARD])
async def test_letters_at_a_quarter_of_their_opacity_can_be_read(pool, tmp_path, resolution):
    profile, dots = Profile(resolution=resolution), []
    for name, opacity in (("black", 1.0), ("faint", 0.25)):
        fax = await pool.render(
            [letters(tmp_path / f"{name}.pdf", opacity)], profile, tmp_path / f"{name}.tif"
        )
        dots.append(bits_of(fax.path)[0])

    black, faint = dots
    assert black_dots(black & faint) > 0.7 * black_dots(black)
