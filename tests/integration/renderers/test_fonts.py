"""Letters that stand in for those of fonts which are not on the server are as wide as theirs."""

import docx
import numpy as np
import pytest
from docx.shared import Pt

from renderers import Profile, SourceDocument
from tests.unit.renderers.pages import bits_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]

#: How wide a digit of each font is, in em (its `hmtx` table).
DIGITS = {
    "Arial": 0.556,
    "Times New Roman": 0.5,
    "Calibri": 0.507,
    "Calibri Light": 0.507,
    "Segoe UI": 0.539,
    "Tahoma": 0.546,
    "Trebuchet MS": 0.524,
    "Helvetica Neue": 0.556,
    "Frutiger": 0.556,
    "Garamond": 0.469,
    "Book Antiqua": 0.5,
    "Verdana": 0.636,
    "Georgia": 0.614,
    "A Font of Nobody's": 0.556,
}
COUNT, POINTS = 40, 11


def a_letter_in_many_fonts(path):
    document = docx.Document()
    for name in DIGITS:
        run = document.add_paragraph().add_run("0" * COUNT)
        run.font.name, run.font.size = name, Pt(POINTS)
    document.save(path)
    return SourceDocument("letter.docx", path)


def widths_of_lines(bits) -> list[float]:
    """In inches, of the lines of a fax page from its top."""
    dots = np.unpackbits(bits, axis=1)
    inked = np.flatnonzero(dots.any(axis=1))
    lines = np.split(inked, np.flatnonzero(np.diff(inked) > 5) + 1)
    columns = (np.flatnonzero(dots[line].any(axis=0)) for line in lines)
    return [(column[-1] - column[0] + 1) / 204 for column in columns]


async def test_lines_end_where_their_author_saw_them_end(pool, tmp_path):
    letter = a_letter_in_many_fonts(tmp_path / "letter.docx")

    fax = await pool.render([letter], Profile(), tmp_path / "fax.tif")

    widths = widths_of_lines(bits_of(fax.path)[0])
    wanted = [COUNT * digit * POINTS / 72 for digit in DIGITS.values()]
    for name, found, width in zip(DIGITS, widths, wanted, strict=True):
        assert found == pytest.approx(width, rel=0.08), name
