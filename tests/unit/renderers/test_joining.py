import numpy as np

from renderers.joining import insert
from renderers.profile import Resolution
from renderers.tiff_tags import read_description
from renderers.tiff_writer import FaxWriter
from tests.unit.renderers.pages import a_fax, bits_of, striped, white


def test_a_page_stands_behind_those_that_arrived(tmp_path):
    pages = [striped(every=every) for every in (5, 7, 11)]
    fax, extra = a_fax(tmp_path / "fax.tif", *pages), a_fax(tmp_path / "extra.tif", white(50))

    joined = insert(fax, extra, tmp_path / "joined.tif", after=2)

    expected = [pages[0], pages[1], white(50), pages[2]]
    assert joined.page_count == 4
    for found, wanted in zip(bits_of(joined.path), expected, strict=True):
        assert np.array_equal(found, wanted)


def test_what_is_put_in_has_the_resolution_of_the_fax_and_the_description_stays(tmp_path):
    with FaxWriter(tmp_path / "fax.tif", "what is missing") as tiff:
        tiff.add(striped(100), Resolution.STANDARD)
    extra = a_fax(tmp_path / "extra.tif", white(50), resolution=Resolution.FINE)

    joined = insert(tmp_path / "fax.tif", extra, tmp_path / "joined.tif", after=1)

    assert joined.resolutions == (Resolution.STANDARD, Resolution.STANDARD)
    assert joined.rows == (100, 25)
    assert read_description(joined.path) == "what is missing"
