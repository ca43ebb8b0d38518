import pypdfium2
import pytest
from PIL import Image

from renderers.errors import DocumentDamaged
from renderers.profile import Resolution
from renderers.viewing import picture, to_pdf
from tests.unit.renderers.pages import a_fax, striped, white


@pytest.mark.parametrize(("resolution", "rows"), [(Resolution.STANDARD, 1143), (Resolution.FINE, 2287)])
def test_a_pdf_page_is_as_large_as_the_paper(tmp_path, resolution, rows):
    to_pdf(a_fax(tmp_path / "fax.tif", striped(rows), resolution=resolution), tmp_path / "fax.pdf")

    pdf = pypdfium2.PdfDocument(tmp_path / "fax.pdf")
    assert pdf[0].get_size() == pytest.approx((609.9, 840), abs=1)
    pdf.close()


def test_the_pdf_shows_every_page_dot_for_dot(tmp_path):
    to_pdf(
        a_fax(tmp_path / "fax.tif", striped(98), white(98), resolution=Resolution.STANDARD),
        tmp_path / "fax.pdf",
    )

    pdf = pypdfium2.PdfDocument(tmp_path / "fax.pdf")
    assert len(pdf) == 2
    first = pdf[0].render(scale=98 / 72, grayscale=True).to_numpy()
    dark = (first < 128).all(axis=1).nonzero()[0].tolist()
    assert dark == list(range(0, 98, 10))
    assert (pdf[1].render(grayscale=True).to_numpy() == 255).all()
    pdf.close()


def test_the_pdf_of_a_large_fax_stays_small(tmp_path):
    to_pdf(a_fax(tmp_path / "fax.tif", *[striped(2287, every=40)] * 10), tmp_path / "fax.pdf")

    assert (tmp_path / "fax.pdf").stat().st_size < 20_000
    assert not list(tmp_path.glob("*.pdf.tif"))


@pytest.mark.parametrize(("resolution", "rows"), [(Resolution.STANDARD, 1143), (Resolution.FINE, 2287)])
def test_a_picture_has_the_shape_of_the_paper(tmp_path, resolution, rows):
    picture(a_fax(tmp_path / "fax.tif", white(rows), resolution=resolution), tmp_path / "fax.png", width=300)

    with Image.open(tmp_path / "fax.png") as image:
        assert image.width == 300
        assert image.height == pytest.approx(300 * 297 / 215, abs=3)


def test_a_picture_keeps_the_greys_of_thin_lines(tmp_path):
    picture(a_fax(tmp_path / "fax.tif", striped(400, every=2)), tmp_path / "fax.png", width=200)

    with Image.open(tmp_path / "fax.png") as image:
        greys = image.convert("L").histogram()
    assert sum(greys[100:156]) > 0.9 * sum(greys)


def test_the_second_page_can_be_looked_at(tmp_path):
    path = a_fax(tmp_path / "fax.tif", white(), striped(200, every=1))

    picture(path, tmp_path / "two.png", page=2)

    with Image.open(tmp_path / "two.png") as image:
        assert image.convert("L").getextrema() == (0, 0)


@pytest.mark.parametrize("page", [0, 3, -1])
def test_a_page_that_is_not_there_is_an_error(tmp_path, page):
    with pytest.raises(DocumentDamaged):
        picture(a_fax(tmp_path / "fax.tif", white(), white()), tmp_path / "out.png", page=page)
