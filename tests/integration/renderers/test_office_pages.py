"""How many pages of an office document there may be, and which of them count."""

import docx
import pytest

from renderers import Profile, SourceDocument, TooManyPages
from tests.unit.renderers.pages import bits_of, black_dots

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]


def a_letter_with_blank_backs(path, sheets: int):
    document = docx.Document()
    for number in range(1, sheets + 1):
        document.add_paragraph(f"Sheet {number}").paragraph_format.page_break_before = number > 1
        if number < sheets:
            document.add_paragraph().paragraph_format.page_break_before = True
    document.save(path)
    return SourceDocument("letter.docx", path)


async def test_no_sheet_is_lost_when_blank_backs_do_not_count(pool, tmp_path):
    letter = a_letter_with_blank_backs(tmp_path / "letter.docx", 3)

    fax = await pool.render([letter], Profile(page_limit=3, drop_blank=True), tmp_path / "fax.tif")

    assert (fax.page_count, fax.dropped) == (3, 2)
    assert all(black_dots(bits) > 100 for bits in bits_of(fax.path))


@pytest.mark.parametrize("drop_blank", [True, False])
async def test_a_letter_of_more_sheets_than_are_allowed_is_refused(pool, tmp_path, drop_blank):
    letter = a_letter_with_blank_backs(tmp_path / "letter.docx", 4)

    with pytest.raises(TooManyPages):
        await pool.render([letter], Profile(page_limit=3, drop_blank=drop_blank), tmp_path / "fax.tif")
