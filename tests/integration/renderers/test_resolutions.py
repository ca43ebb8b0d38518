"""The resolution that is chosen by what is on the pages."""

import pytest

from renderers import Profile, Resolution, SourceDocument

pytestmark = pytest.mark.asyncio(loop_scope="session")
TEXT = (
    "The quick brown fox jumps over the lazy dog. Invoice 2026-4711: 1,289.50 EUR, payable within 30 days. "
    * 9
)


def a_page(path, *lines: tuple[float, str]) -> SourceDocument:
    """Paragraphs, each with its size in points and its typeface."""
    path.write_text("".join(f"<p style='font: {size}pt {face}'>{TEXT}</p>" for size, face in lines))
    return SourceDocument("page.html", path, "text/html; charset=utf-8")


@pytest.mark.parametrize("face", ["Liberation Sans", "DejaVu Sans"])
@pytest.mark.parametrize(
    ("sizes", "resolution"),
    [
        ((12,), Resolution.STANDARD),
        ((14, 16), Resolution.STANDARD),
        ((8,), Resolution.FINE),
        ((12, 7), Resolution.FINE),
    ],
)
async def test_small_letters_get_fine_and_large_ones_standard(pool, tmp_path, face, sizes, resolution):
    page = a_page(tmp_path / "page.html", *[(size, face) for size in sizes])

    fax = await pool.render([page], Profile.of("auto"), tmp_path / "fax.tif")

    assert fax.resolutions == (resolution,)


async def test_a_photograph_gets_fine(pool, sample, tmp_path):
    fax = await pool.render([sample("photo.jpg")], Profile.of("auto"), tmp_path / "fax.tif")

    assert fax.resolution is Resolution.FINE


async def test_one_page_that_needs_fine_decides_for_all(pool, tmp_path):
    large = a_page(tmp_path / "large.html", (14, "DejaVu Sans"))
    small = a_page(tmp_path / "small.html", (7, "DejaVu Sans"))

    fax = await pool.render([large, small], Profile.of("auto"), tmp_path / "fax.tif")

    assert fax.resolutions == (Resolution.FINE, Resolution.FINE)
