"""Pages of every size people use: nothing is cropped, landscape is turned."""

import numpy as np
import pikepdf
import pytest
from PIL import Image

from renderers import Profile, SourceDocument
from tests.unit.renderers.pages import bits_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]

#: Width and height in points.
PAPERS = {
    "A4": (595, 842),
    "Letter": (612, 792),
    "Legal": (612, 1008),
    "B4": (709, 1001),
    "A3": (842, 1191),
    "A5": (420, 595),
    "A4 landscape": (842, 595),
    "A3 landscape": (1191, 842),
    "a roll": (200, 1600),
}


@pytest.mark.parametrize("paper", PAPERS)
async def test_all_four_edges_of_a_page_are_on_the_fax(pool, tmp_path, paper):
    width, height = PAPERS[paper]
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(width, height))
        frame = f"6 w 3 3 {width - 6} {height - 6} re S".encode()
        page.Contents = pikepdf.Stream(pdf, frame)
        pdf.save(tmp_path / "frame.pdf")

    frame = SourceDocument("frame.pdf", tmp_path / "frame.pdf")
    fax = await pool.render([frame], Profile(), tmp_path / "fax.tif")
    narrower = await pool.render([frame], Profile(margin=10), tmp_path / "narrower.tif")

    dots = np.unpackbits(bits_of(fax.path)[0], axis=1)
    rows, columns = dots.any(axis=1).nonzero()[0], dots.any(axis=0).nonzero()[0]
    box = dots[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert len(dots) <= 2287
    assert all(edge.mean() > 0.9 for edge in (box[1], box[-2], box[:, 1], box[:, -2]))
    assert not np.unpackbits(bits_of(narrower.path)[0], axis=1)[:, :80].any()
    assert not bits_of(narrower.path)[0][:77].any()
    assert narrower.rows[0] <= 2287 - 77
    assert len(rows) / 7.7 >= len(columns) / 8.04 * 0.98


@pytest.mark.parametrize("kind", ["png", "jpeg"])
async def test_a_screenshot_of_a_whole_conversation_gets_several_pages(pool, tmp_path, kind):
    dots = np.full((6_000, 1080), 240, np.uint8)
    for top in range(20, 5_900, 100):
        dots[top : top + 60, 100:980] = 0
    Image.fromarray(dots).save(tmp_path / f"shot.{kind}")
    shot = SourceDocument(f"shot.{kind}", tmp_path / f"shot.{kind}")

    fax = await pool.render([shot], Profile(), tmp_path / "fax.tif")

    assert fax.page_count >= 4
    black = [np.unpackbits(bits, axis=1).sum(axis=1) > 800 for bits in bits_of(fax.path)]
    assert sum((np.diff(rows.astype(int), prepend=0) == 1).sum() for rows in black) == 59


async def test_a_whole_web_page_in_a_pdf_gets_several_pages(pool, tmp_path):
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(1080, 6_000))
        bars = b" ".join(b"100 %d 880 60 re" % bottom for bottom in range(20, 5_900, 100))
        page.Contents = pikepdf.Stream(pdf, bars + b" f")
        pdf.save(tmp_path / "web.pdf")

    fax = await pool.render(
        [SourceDocument("web.pdf", tmp_path / "web.pdf")], Profile(margin=10), tmp_path / "fax.tif"
    )

    pages = [np.unpackbits(bits, axis=1) for bits in bits_of(fax.path)]
    black = [page.sum(axis=1) > 1_200 for page in pages]
    assert sum((np.diff(rows.astype(int), prepend=0) == 1).sum() for rows in black) == 59
    assert all(len(page) <= 2287 for page in pages)
    assert 4 <= len(pages) <= 5
