"""The C of pictures, dot by dot, against the same written plainly."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from renderers.bilevel import bilevel
from renderers.profile import PAGE_WIDTH, Resolution
from renderers.spec import Box, GrayPage, Text
from tests.fuzz import plain_page
from tests.fuzz.test_rescue import pages

KINDS = st.sampled_from(["shadow", "shades", "noise", "chart", "what is there"])


@st.composite
def pages_with_pictures(draw):
    """Text of all kinds, and on it pictures of all kinds and places, also over one another and the edge."""
    gray = draw(pages())
    rows, seed, boxes = len(gray), np.random.default_rng(draw(st.integers(0, 99))), []
    for _ in range(draw(st.integers(0, 4))):
        left, top = draw(st.integers(-40, PAGE_WIDTH)), draw(st.integers(-40, rows))
        box = Box(left, top, left + draw(st.integers(0, 1800)), top + draw(st.integers(0, 400)))
        window = gray[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)]
        fill(window, draw(KINDS), seed, draw(st.integers(0, 255)))
        boxes.append(box)
    texts = tuple(Text(box, draw(st.integers(0, 255))) for box in boxes[:2])
    return GrayPage(gray, tuple(boxes), texts)


def fill(window, kind, seed, grey):
    """Draws a picture."""
    y, x = np.mgrid[0 : window.shape[0], 0 : window.shape[1]]
    if kind == "shadow":  # on the paper of a scan, with the text that is there
        window[:] = np.where(
            window < 100, 40, np.clip(grey / 2 + 100 + x / 20 + seed.normal(0, 3, x.shape), 0, 255)
        )
    elif kind == "shades":
        window[:] = (x + 2 * y) // 4 % 256
    elif kind == "noise":
        window[:] = seed.integers(0, grey + 1, window.shape)
    elif kind == "chart":
        window[:] = np.where(y // 30 % 2 == 0, 255, grey)


@settings(deadline=None, max_examples=40)
@given(page=pages_with_pictures(), resolution=st.sampled_from(Resolution))
def test_a_page_with_pictures_becomes_black_and_white_as_written_plainly(page, resolution):
    rows = len(page.gray)
    clipped = [
        Box(max(0, b.left), max(0, b.top), min(PAGE_WIDTH, b.right), min(rows, b.bottom))
        for b in page.pictures
    ]

    wanted = plain_page.bilevel(GrayPage(page.gray, tuple(clipped), page.texts), resolution)

    assert np.array_equal(bilevel(page, resolution), wanted)
