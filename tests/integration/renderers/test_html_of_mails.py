"""HTML as mail programs write it."""

import pytest

from renderers import Profile
from tests.integration.renderers.test_documents import a_file, words_on

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]

#: Word names a kind of page for its text, which is none of a page that is there already.
OUTLOOK = b"""<html><head><style><!--
@page WordSection1 {size:612.0pt 792.0pt; margin:70.85pt 70.85pt 2.0cm 70.85pt}
div.WordSection1 {page:WordSection1}
--></style></head><body lang=EN-GB><p>From: Hammersmith</p><hr>
<div class=WordSection1><p class=MsoNormal>Kingfisher</p></div><p>Wednesday</p></body></html>"""


async def test_the_text_of_an_outlook_mail_begins_on_the_page_that_its_heading_is_on(pool, tmp_path):
    fax = await pool.render([a_file(tmp_path, "mail.html", OUTLOOK)], Profile(), tmp_path / "fax.tif")

    assert fax.page_count == 1
    assert {"Hammersmith", "Kingfisher", "Wednesday"} <= words_on(fax.path, tmp_path)
