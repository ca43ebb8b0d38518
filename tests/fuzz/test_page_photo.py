"""Pages of text that were photographed, and photographs that are none."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from renderers.bilevel import bilevel
from renderers.profile import PAGE_WIDTH, Resolution
from renderers.spec import Box, Gray, GrayPage, Text
from tests.fuzz import plain_page
from tests.fuzz.plain_pictures import picture

SAMPLE = Path(__file__).parents[2] / "samples" / "documents" / "photo.jpg"
LINE = "Please sign the contract number 4711 and send it back to us by fax before the end of this month."
ROWS = 1400


def a_page_of_text(rows: int = ROWS, size: int = 34) -> Gray:
    page = Image.new("L", (PAGE_WIDTH, rows), 255)
    draw = ImageDraw.Draw(page)
    for top in range(20, rows - 60, 60):
        draw.text((80, top), LINE, fill=0, font=ImageFont.load_default(size))
    return np.asarray(page)


def photographed(page: Gray, seed: int = 1) -> Gray:
    """In the light of a lamp, with the shadow of a hand, and as noisy as a telephone's camera."""
    down, across = (np.linspace(0, 1, size) for size in page.shape)
    light = np.add.outer(-0.35 * down, 0.9 - 0.2 * across) * np.where(np.add.outer(down, across) > 1, 0.45, 1)
    noise = np.random.default_rng(seed).normal(0, 3, page.shape)
    return np.clip((50 + page * 0.8) * light + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("resolution", list(Resolution))
def test_text_in_uneven_light_is_as_black_as_in_even_light(resolution):
    page = a_page_of_text()
    rows = round(ROWS * resolution.y_dpi / Resolution.FINE.y_dpi)
    page = np.asarray(Image.fromarray(page).resize((PAGE_WIDTH, rows), Image.Resampling.BOX))
    whole = Box(0, 0, PAGE_WIDTH, rows)

    dots = np.unpackbits(bilevel(GrayPage(photographed(page), (whole,)), resolution), axis=1)

    assert dots[page < 60].mean() > 0.97
    assert dots[page == 255].mean() < 0.02


def test_a_page_that_was_photographed_lying_is_one_too():
    page = a_page_of_text(PAGE_WIDTH)
    gray = np.ascontiguousarray(photographed(page).T)

    dots = np.unpackbits(
        bilevel(GrayPage(gray, (Box(0, 0, PAGE_WIDTH, PAGE_WIDTH),)), Resolution.FINE), axis=1
    )

    assert dots[page.T == 255].mean() < 0.02


@pytest.mark.parametrize(("ground", "ink"), [(20, 220), (60, 130), (120, 230), (200, 255)])
@pytest.mark.parametrize("resolution", list(Resolution))
def test_light_text_on_a_dark_screen_becomes_black_on_white(ground, ink, resolution):
    rows = round(ROWS * resolution.y_dpi / Resolution.FINE.y_dpi)
    page = Image.fromarray(a_page_of_text()).resize((PAGE_WIDTH, rows), Image.Resampling.BOX)
    gray = np.asarray(page).astype(int) * (ground - ink) // 255 + ink

    picture = GrayPage(gray.astype(np.uint8), (Box(0, 0, PAGE_WIDTH, rows),))
    dots = np.unpackbits(bilevel(picture, resolution), axis=1)

    assert dots[np.asarray(page) < 60].mean() > 0.97
    assert dots[np.asarray(page) == 255].mean() < 0.02


@pytest.mark.parametrize("resolution", list(Resolution))
@settings(deadline=None, max_examples=5)
@given(
    ground=st.integers(0, 200), ink=st.integers(0, 255), size=st.integers(20, 50), rows=st.integers(60, 700)
)
def test_a_negative_is_told_as_written_plainly(resolution, ground, ink, size, rows):
    gray = (a_page_of_text(rows, size).astype(int) * (ground - ink) // 255 + ink).astype(np.uint8)
    page = GrayPage(gray, (Box(0, 0, PAGE_WIDTH, rows),))

    assert np.array_equal(bilevel(page, resolution), plain_page.bilevel(page, resolution))


def a_landscape() -> Gray:
    with Image.open(SAMPLE) as photo:
        return np.asarray(photo.convert("L").resize((PAGE_WIDTH, ROWS), Image.Resampling.BOX))


def small_things() -> Gray:
    noise = np.random.default_rng(2).integers(0, 255, (ROWS // 8, PAGE_WIDTH // 8), dtype=np.uint8)
    return np.asarray(Image.fromarray(noise).resize((PAGE_WIDTH, ROWS), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("photo", [a_landscape(), small_things()], ids=["a landscape", "small things"])
def test_a_photograph_stays_one(photo):
    dots = np.unpackbits(bilevel(GrayPage(photo, (Box(0, 0, PAGE_WIDTH, ROWS),)), Resolution.FINE), axis=1)

    for top in range(0, ROWS - 350, 350):
        for left in range(0, PAGE_WIDTH - 216, 216):
            here = slice(top, top + 350), slice(left, left + 216)
            assert dots[here].mean() == pytest.approx(1 - photo[here].mean() / 255, abs=0.15)


@pytest.mark.parametrize("resolution", list(Resolution))
@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 999), size=st.integers(20, 50), rows=st.integers(60, 700))
def test_a_page_is_told_as_written_plainly(resolution, seed, size, rows):
    page = a_page_of_text(rows, size)
    gray = photographed(page, seed)

    made = bilevel(GrayPage(gray, (Box(0, 0, PAGE_WIDTH, rows),)), resolution)

    assert np.array_equal(made, np.packbits(picture(gray, resolution), axis=1))


def test_texts_that_stand_on_a_photograph_make_no_page_of_it():
    photo = a_landscape()
    lines = a_page_of_text()
    written = np.where(lines < 128, 255, photo)
    texts = tuple(Text(Box(80, top, 1640, top + 44), 255) for top in range(20, ROWS - 60, 60))

    page = GrayPage(written, (Box(0, 0, PAGE_WIDTH, ROWS),), texts)
    dots = np.unpackbits(bilevel(page, Resolution.FINE), axis=1)

    assert dots[1000:1340, 1660:].mean() == pytest.approx(1 - photo[1000:1340, 1660:].mean() / 255, abs=0.15)
