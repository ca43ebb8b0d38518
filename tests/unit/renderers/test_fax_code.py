import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from renderers.fax_code import mmr_code
from renderers.tiff import decode_pages
from tests.unit.renderers.pages import a_fax, bits_of

WIDTHS = (1728, 2048, 2432)


def decoded(folder, bits):
    """What libtiff makes of the code of these lines."""
    return bits_of(a_fax(folder / "fax.tif", bits))[0]


@st.composite
def lines(draw):
    """Lines of runs of every length, each much like the one above, as on a page."""
    width = draw(st.sampled_from(WIDTHS))
    page = np.zeros((draw(st.integers(1, 12)), width), np.uint8)
    for row in range(len(page)):
        page[row] = page[row - 1]
        for start, length in draw(
            st.lists(st.tuples(st.integers(0, width), st.integers(1, width)), max_size=4)
        ):
            page[row, start : start + length] ^= 1
    return np.packbits(page, axis=1)


@given(bits=lines())
def test_every_page_is_read_by_others_as_it_was(tmp_path_factory, bits):
    folder = tmp_path_factory.getbasetemp()

    assert np.array_equal(decoded(folder, bits), bits)


@given(bits=arrays(np.uint8, (5, 216)))
def test_noise_is_read_by_others_as_it_was(tmp_path_factory, bits):
    assert np.array_equal(decoded(tmp_path_factory.getbasetemp(), bits), bits)


@pytest.mark.parametrize("ink", [0, 1])
@pytest.mark.parametrize("width", WIDTHS)
def test_runs_of_every_length_have_their_code(tmp_path, width, ink):
    page = np.full((2 * width, width), 1 - ink, np.uint8)
    page[::2][np.tri(width, dtype=bool)] = ink  # below a line of one colour no run is told by the line above
    bits = np.packbits(page, axis=1)

    assert np.array_equal(decoded(tmp_path, bits), bits)


def test_the_code_is_no_longer_than_that_of_others(tmp_path):
    page = np.random.default_rng(1).random((300, 1728)) < np.linspace(0.01, 0.5, 300)[:, None]
    Image.fromarray(~page).save(tmp_path / "other.tif", compression="group4", strip_size=1 << 26)
    ((_, directory),) = decode_pages(tmp_path / "other.tif")

    code = mmr_code(np.packbits(page, axis=1), 1728)

    assert len(code) <= directory.number(279) + 4


def test_a_page_without_lines_or_too_wide_is_no_fax_page():
    with pytest.raises(ValueError, match="0 dots"):
        mmr_code(np.zeros((3, 0), np.uint8), 0)
    with pytest.raises(ValueError, match="20000 dots"):
        mmr_code(np.zeros((3, 2500), np.uint8), 20_000)
