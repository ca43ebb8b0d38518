"""HTML as mail programs write it."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from renderers import Profile
from tests.integration.renderers.test_documents import a_file, words_on
from tests.unit.renderers.pages import bits_of

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


def a_picture(folder, width, height):
    """A white picture with a black square at its top and at its bottom."""
    dots = np.full((height, width), 255, np.uint8)
    dots[20:220, 20:220] = dots[-220:-20, 20:220] = 0
    Image.fromarray(dots).save(folder / "shot.png")
    return folder / "shot.png"


@pytest.mark.parametrize("size", ["", 'width="1080" height="2400"', 'style="width:1080px;height:2400px"'])
async def test_a_picture_that_is_longer_than_the_page_is_shown_whole_and_keeps_its_shape(
    pool, tmp_path, size
):
    html = f'<p>Above</p><p><img src="cid:a" {size}></p><p>Below</p>'.encode()
    shot = a_picture(tmp_path, 1080, 2400)
    mail = replace(a_file(tmp_path, "mail.html", html), parts={"a": shot})

    fax = await pool.render([mail], Profile(), tmp_path / "fax.tif")

    _, shown, _ = (np.unpackbits(bits, axis=1) for bits in bits_of(fax.path))
    rows, columns = shown.sum(axis=1) > 40, shown.sum(axis=0) > 40
    edges = np.flatnonzero(np.diff(rows.astype(int)))
    assert len(edges) == 4
    assert edges[1] - edges[0] == pytest.approx(edges[3] - edges[2], abs=3)
    assert (edges[1] - edges[0]) / 196 == pytest.approx(columns.sum() / 204, rel=0.05)


LINES = "".join(f"<p>Line {number}</p>" for number in range(150))
IN_ONE_PIECE = {
    "beside other text": f'<div style="float:left; width:300px">{LINES}</div>',
    "a table beside other text": f"<table align=left width=300><tr><td>{LINES}</td></tr></table>",
    "as a piece of a line": f'<div style="display: inline-block">{LINES}</div>',
    "a table as a piece of a line": f'<div style="display:inline-table"><div>{LINES}</div></div>',
    "at a place of its own": f'<div style="position:absolute; top:0">{LINES}</div>',
    "where scrolling shows it": f'<div style="height:400px; overflow:auto">{LINES}</div>',
    "on a page that is as high as the screen": (
        f'<html style="height:100%"><body style="height:100%; overflow:hidden">{LINES}</body></html>'
    ),
}


@pytest.mark.parametrize("how", IN_ONE_PIECE)
async def test_no_text_is_lost_where_a_page_ends(pool, tmp_path, how):
    mail = a_file(tmp_path, "mail.html", IN_ONE_PIECE[how].encode())

    fax = await pool.render([mail], Profile(), tmp_path / "fax.tif")

    black = [bits.any(axis=1).astype(int) for bits in bits_of(fax.path)]
    assert sum((np.diff(rows, prepend=0) == 1).sum() for rows in black) == 150


async def test_lines_that_shall_not_be_broken_are_where_nobody_could_read_them(pool, tmp_path):
    words = " ".join(f"word{number}" for number in range(150))
    html = f'<p style="white-space: nowrap">Hammersmith {words} Kingfisher</p>'
    mail = a_file(tmp_path, "mail.html", html.encode())

    fax = await pool.render([mail], Profile(), tmp_path / "fax.tif")

    assert {"Hammersmith", "Kingfisher"} <= words_on(fax.path, tmp_path)


async def test_text_that_nobody_shall_see_changes_nothing(pool, tmp_path):
    beside = '<div style="float:left; width:45%">Left</div><div style="float:right; width:45%">Right</div>'
    hidden = f'<div style="display:none">{LINES}</div>'
    pages = [
        await pool.render(
            [a_file(tmp_path, f"{number}.html", content.encode())], Profile(), tmp_path / f"{number}.tif"
        )
        for number, content in enumerate((beside, beside + hidden))
    ]

    first, second = (bits_of(fax.path) for fax in pages)
    assert np.array_equal(first, second)
