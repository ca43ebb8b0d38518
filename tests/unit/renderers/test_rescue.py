"""The C of lost text, dot by dot, against the same written plainly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from renderers.contrast import darker_strokes, stroke_size, survey
from renderers.fonts import MONOSPACED, font
from renderers.native.library import library
from renderers.profile import PAGE_WIDTH, Resolution
from tests.unit.renderers import plain_contrast as plain

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
    found = survey(gray, (), 168)
    dark, pale = plain.lost_blocks(found.darkest, found.lightest, 168)
    assert np.array_equal(found.dark, dark)
    assert np.array_equal(found.pale, pale)

    bits, ink = found.bits.copy(), np.empty(dark.shape, np.uint8)
    given = (gray, gray, found.darkest, found.lightest, found.dark, found.pale)
    sizes = (*dark.shape, 168, *stroke_size(resolution))
    answer = library().rescue(*(one.ctypes.data for one in given), *sizes, bits.ctypes.data, ink.ctypes.data)

    wanted_bits, wanted_ink = plain.rescued(gray, found.bits, found, resolution)
    assert np.array_equal(bits, wanted_bits)
    assert np.array_equal(ink, wanted_ink)
    assert answer == (wanted_ink < 255).any()


@settings(deadline=None, max_examples=20)
@given(gray=pages(), resolution=st.sampled_from(Resolution))
def test_strokes_stand_out_from_their_ground_as_written_plainly(gray, resolution):
    size = stroke_size(resolution)
    ground = plain.extreme(plain.extreme(gray, size, np.maximum), size, np.minimum)

    assert np.array_equal(darker_strokes(gray, resolution), ground - gray)


@pytest.mark.parametrize("rows", [1, 15])
def test_a_page_lower_than_a_block_has_no_lost_text(rows):
    assert not survey(np.zeros((rows, PAGE_WIDTH), np.uint8), (), 168).finds_lost_text
