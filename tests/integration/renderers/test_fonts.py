"""What stands in for letters and signs of fonts which are not on the server."""

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


def shapes_of_lines(bits) -> list[list[int]]:
    """How wide and high is what stands in each line of a fax page, and how many of its dots are black."""
    dots = np.unpackbits(bits, axis=1)
    inked = np.flatnonzero(dots.any(axis=1))
    lines = (dots[line] for line in np.split(inked, np.flatnonzero(np.diff(inked) > 20) + 1))
    return [[int(np.ptp(np.flatnonzero(line.any(axis=0)))), len(line), int(line.sum())] for line in lines]


def signs_in_word(path, signs, font):
    document = docx.Document()
    for sign in signs:
        run = document.add_paragraph().add_run(sign)
        run.font.name, run.font.size = font, Pt(40)
    document.save(path)
    return SourceDocument(path.name, path)


def signs_in_rtf(path, signs, font):
    lines = "".join(rf"\f1\fs80\'{ord(sign):x}\par " for sign in signs)
    head = rf"{{\rtf1\ansi\deff0{{\fonttbl{{\f0 Arial;}}{{\f1\fcharset2 {font};}}}}\sa200 "
    path.write_text(head + lines + "}")
    return SourceDocument(path.name, path)


@pytest.mark.parametrize("write", [signs_in_word, signs_in_rtf])
async def test_check_boxes_and_ticks_of_wingdings_are_no_letters(pool, tmp_path, write):
    signs = write(tmp_path / f"signs.{write.__name__[-4:]}", "\xfe\xa8\xfc", "Wingdings")
    wanted = signs_in_word(tmp_path / "wanted.docx", "\u2611\u2610\u2713", "OpenSymbol")

    faxes = [
        await pool.render([document], Profile(), document.path.with_suffix(".tif"))
        for document in (signs, wanted)
    ]

    found, known = (shapes_of_lines(bits_of(fax.path)[0]) for fax in faxes)
    assert found == [pytest.approx(shape, rel=0.25) for shape in known]
