"""The C of lost text, dot by dot, against the same written plainly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from renderers.bilevel import bilevel, stroke_size
from renderers.fonts import MONOSPACED, font
from renderers.native.library import library
from renderers.profile import PAGE_WIDTH, Resolution
from renderers.spec import GrayPage
from tests.fuzz import plain_contrast as plain
from tests.fuzz import plain_page
from tests.fuzz.plain_survey import survey

GREYS = st.integers(0, 255)


@st.composite
def pages(draw):
    """Text of any size and grey on tints of any grey, also at the page's edges, with noise and without."""
    rows = draw(st.integers(16, 300))
    page = Image.new("L", (PAGE_WIDTH, rows), draw(st.sampled_from([255, 255, 230, 120, 20])))
    pen = ImageDraw.Draw(page)
    for _ in range(draw(st.integers(1, 8))):
        x, y = draw(st.integers(-50, 1700)), draw(st.integers(-50, rows))
        if draw(st.booleans()):
            pen.rectangle(
                (x, y, x + draw(st.integers(5, 900)), y + draw(st.integers(5, 200))), fill=draw(GREYS)
            )
        face = font(MONOSPACED, draw(st.sampled_from([14, 22, 32, 50])))
        pen.text((x + 5, y + 5), "Order 4711-B of 22 November", font=face, fill=draw(GREYS))
    gray = np.asarray(page).astype(np.int16)
    noise = np.random.default_rng(draw(st.integers(0, 99))).normal(
        0, draw(st.sampled_from([0, 0, 8])), gray.shape
    )
    return np.clip(gray + noise, 0, 255).astype(np.uint8)


@settings(deadline=None, max_examples=60)
@given(gray=pages(), resolution=st.sampled_from([Resolution.FINE, Resolution.SUPERFINE]))
def test_lost_text_is_found_and_turned_as_written_plainly(gray, resolution):
    found = survey(gray, 168)
    dark, pale = plain.lost_blocks(found.darkest, found.lightest, 168)
    assert np.array_equal(found.dark, dark)
    assert np.array_equal(found.pale, pale)

    bits = found.bits.copy()
    given = (gray, gray, found.darkest, found.lightest, found.pale)
    sizes = (*pale.shape, 168, *stroke_size(resolution))
    assert library().rescue(*(one.ctypes.data for one in given), *sizes, bits.ctypes.data)

    assert np.array_equal(bits, plain.rescued(gray, gray, found.bits, found, resolution))


@settings(deadline=None, max_examples=25)
@given(gray=pages(), resolution=st.sampled_from(Resolution))
def test_a_page_of_text_becomes_black_and_white_as_written_plainly(gray, resolution):
    page = GrayPage(gray)

    assert np.array_equal(bilevel(page, resolution), plain_page.bilevel(page, resolution))


@settings(deadline=None, max_examples=20)
@given(gray=pages(), resolution=st.sampled_from(Resolution), dark=st.booleans())
def test_a_page_without_its_strokes_is_as_written_plainly(gray, resolution, dark):
    size, (rows, width) = stroke_size(resolution), gray.shape
    ground, line = np.empty((rows + size[0], width), np.uint8), np.empty(2 * (width + size[1]), np.uint8)

    library().remove_strokes(gray.ctypes.data, rows, width, *size, dark, line.ctypes.data, ground.ctypes.data)

    first, second = (np.maximum, np.minimum) if dark else (np.minimum, np.maximum)
    assert np.array_equal(ground[:rows], plain.extreme(plain.extreme(gray, size, first), size, second))


@pytest.mark.parametrize("rows", [1, 15])
def test_a_page_lower_than_a_block_has_no_lost_text(rows):
    found = survey(np.zeros((rows, PAGE_WIDTH), np.uint8), 168)

    assert not found.dark.any()
    assert not found.pale.any()
