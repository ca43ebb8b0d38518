from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from renderers.bilevel import bilevel
from renderers.fax_code import mmr_code
from renderers.fonts import MONOSPACED, font
from renderers.profile import PAGE_WIDTH, Resolution
from renderers.spec import Box, GrayPage, Text

FINE = Resolution.FINE
ROWS = 400
SAMPLE = Path(__file__).parents[3] / "samples" / "documents" / "photo.jpg"
WHOLE = Box(0, 0, PAGE_WIDTH, ROWS)


@pytest.fixture
def sample_photo():
    with Image.open(SAMPLE) as photo:
        return np.asarray(photo.convert("L").resize((PAGE_WIDTH, 1200), Image.Resampling.BOX))


def a_page(grey: int, rows: int = ROWS):
    return np.full((rows, PAGE_WIDTH), grey, np.uint8)


def share_of_black(bits) -> float:
    return float(np.unpackbits(bits).mean())


def test_text_is_black_and_paper_is_white():
    gray = a_page(255)
    gray[100:110, 200:300] = 90

    dots = np.unpackbits(bilevel(GrayPage(gray), FINE), axis=1)

    assert dots[100:110, 200:300].all()
    assert dots.sum() == 1000


def test_grey_text_survives_at_standard_resolution():
    assert share_of_black(bilevel(GrayPage(a_page(170)), Resolution.STANDARD)) == 1
    assert share_of_black(bilevel(GrayPage(a_page(170)), FINE)) == 0


@pytest.mark.parametrize("resolution", list(Resolution))
def test_thin_grey_rules_survive_beside_black_text(resolution):
    gray = a_page(255)
    gray[100, 200:900] = gray[60:300, 600] = 205  # rules that cross
    gray[90:98, 250:860:20] = gray[150:200:9, 594:598] = 0  # text right beside them

    dots = np.unpackbits(bilevel(GrayPage(gray), resolution), axis=1)

    assert dots[100, 200:900].all()
    assert dots[60:300, 600].all()
    assert dots[101].sum() == dots[101, 600] == 1


def test_the_edges_of_a_tint_are_no_rules():
    gray = a_page(255)
    gray[300:360, 200:900] = 225

    assert not bilevel(GrayPage(gray), FINE).any()


def test_a_thin_stroke_between_two_lines_is_one_line_and_the_gap_beside_it_stays_open():
    gray = a_page(255)
    gray[100, 200:900] = 120  # a stroke, mostly in this line
    gray[101, 200:900] = 190
    gray[102, 200:900] = 215  # a gap
    gray[103, 200:900] = 120

    dots = np.unpackbits(bilevel(GrayPage(gray), Resolution.STANDARD), axis=1)

    assert [int(row.sum()) for row in dots[99:105]] == [0, 700, 0, 0, 700, 0]


def test_grey_paper_of_a_scan_goes_white_and_its_text_stays():
    gray = a_page(150)
    gray[100:104, 200:900] = 60

    dots = np.unpackbits(bilevel(GrayPage(gray, (WHOLE,)), FINE), axis=1)

    assert dots[100:104, 200:900].mean() > 0.98
    assert dots.sum() == pytest.approx(2800, rel=0.02)


def test_a_shadow_on_a_scan_goes_white():
    gray = (a_page(190).astype(float) * np.linspace(0.75, 1, PAGE_WIDTH)).astype(np.uint8)

    assert share_of_black(bilevel(GrayPage(gray, (WHOLE,)), FINE)) < 0.001


def test_a_shadow_on_a_scan_whose_paper_is_clipped_to_white_goes_white():
    shadow = 260 - 130 * np.exp(-np.linspace(0, 14, PAGE_WIDTH))
    gray = np.clip(a_page(0) + shadow, 0, 255).astype(np.uint8)
    gray[100:104, 200:900] = 60

    dots = np.unpackbits(bilevel(GrayPage(gray, (WHOLE,)), FINE), axis=1)

    assert dots[100:104, 200:900].mean() > 0.98
    assert dots.sum() == pytest.approx(2800, rel=0.02)


@pytest.mark.parametrize("resolution", Resolution)
@pytest.mark.parametrize("marker", [215, 190, 170], ids=["green", "pink", "orange"])
def test_words_on_a_scan_that_were_marked_with_a_pen_can_be_read(resolution, marker):
    down, letters = resolution.y_dpi / 196, Image.new("1", (PAGE_WIDTH, 400))
    pen = ImageDraw.Draw(letters)
    for row in range(10):
        pen.text((200, 20 + 36 * row), "Order 4711-B of 22 November", font=font(MONOSPACED, 26), fill=1)
    gray = np.full((400, PAGE_WIDTH), 240, np.uint8)
    gray[195:234, 190:620] = marker  # 5 mm high, on one of the lines
    gray[np.asarray(letters)] = 40
    size = (PAGE_WIDTH, round(400 * down))
    gray, text = (np.asarray(one.resize(size)) for one in (Image.fromarray(gray), letters))
    noise = np.random.default_rng(4711).normal(0, 3, gray.shape)
    scan = np.clip(gray + noise, 0, 255).astype(np.uint8)

    black = np.unpackbits(bilevel(GrayPage(scan, (Box(0, 0, *size),)), resolution), axis=1).astype(bool)

    line = slice(round(198 * down), round(232 * down)), slice(205, 600)
    assert black[line][text[line]].mean() > 0.9
    assert black[line][~text[line]].mean() < 0.35


def test_a_large_black_area_on_a_scan_stays_black():
    gray = a_page(200)
    gray[100:300, 200:500] = 20

    dots = np.unpackbits(bilevel(GrayPage(gray, (WHOLE,)), FINE), axis=1)

    assert dots[100:300, 200:500].mean() > 0.99


def test_dust_on_a_scan_is_wiped_off_and_thin_strokes_are_not():
    gray = a_page(200)
    gray[50::40, 50::40] = 20  # one dot each
    gray[200, 300:600] = 20  # a hairline

    dots = np.unpackbits(bilevel(GrayPage(gray, (WHOLE,)), FINE), axis=1)

    assert dots[200, 300:600].mean() > 0.98
    assert dots.sum() == pytest.approx(300, abs=8)


@pytest.mark.parametrize("resolution", list(Resolution))
def test_a_photograph_keeps_its_greys_at_every_resolution(resolution):
    ramp = np.tile(np.linspace(0, 255, PAGE_WIDTH).astype(np.uint8), (ROWS, 1))

    dots = np.unpackbits(bilevel(GrayPage(ramp, (WHOLE,)), resolution), axis=1)

    for left in range(0, PAGE_WIDTH - 216, 216):
        grey = 1 - ramp[:, left : left + 216].mean() / 255
        assert dots[:, left : left + 216].mean() == pytest.approx(grey, abs=0.04)


def test_a_pale_photograph_gets_more_contrast_but_does_not_become_black_and_white():
    ramp = np.tile(np.linspace(120, 220, PAGE_WIDTH).astype(np.uint8), (ROWS, 1))

    dots = np.unpackbits(bilevel(GrayPage(ramp, (WHOLE,)), FINE), axis=1)

    shares = [dots[:, left : left + 216].mean() for left in range(0, PAGE_WIDTH, 216)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(0.53, abs=0.05)
    assert shares[-1] < 0.05


def test_a_photograph_is_half_as_long_on_the_line_as_with_square_dots(sample_photo):
    dots = bilevel(GrayPage(sample_photo, (Box(0, 0, PAGE_WIDTH, len(sample_photo)),)), FINE)

    assert len(mmr_code(dots, PAGE_WIDTH)) < 0.04 * sample_photo.size


def test_a_chart_of_flat_colours_is_not_screened():
    gray = a_page(255)
    gray[:, : PAGE_WIDTH // 2] = 210
    gray[200:210, 300:400] = 0

    dots = np.unpackbits(bilevel(GrayPage(gray, (WHOLE,)), FINE), axis=1)

    assert dots.sum() == 1000


@pytest.mark.parametrize("resolution", list(Resolution))
def test_white_text_on_the_bar_of_a_screenshot_can_be_read(resolution):
    gray = a_page(255)
    gray[100:140, 100:900] = 110
    gray[118:122, 200:300] = 255
    gray[200:204, 200:300] = 215  # pale, as in small pictures that were made larger

    dots = np.unpackbits(bilevel(GrayPage(gray, (WHOLE,)), resolution), axis=1)

    assert dots[118:122, 200:300].mean() == 0
    assert dots[200:204, 200:300].mean() > 0.98
    assert dots.sum() == 40 * 800 - 4 * 100 + 4 * 100


def test_a_small_logo_is_treated_like_text():
    gray = a_page(255)
    gray[0:100, 0:100] = np.linspace(0, 255, 100).astype(np.uint8)

    dots = np.unpackbits(bilevel(GrayPage(gray, (Box(0, 0, 100, 100),)), FINE), axis=1)

    assert dots[:100, :64].all()
    assert not dots[:100, 68:].any()


def test_a_picture_outside_the_page_is_ignored():
    assert share_of_black(bilevel(GrayPage(a_page(255), (Box(1728, 400, 1728, 400),)), FINE)) == 0


def test_a_picture_covers_its_place_and_leaves_the_dots_beside_it():
    gray = a_page(255)
    gray[0:300, 0:900] = 0
    gray[40:260, 103:811] = 255  # at no boundary of a byte
    box = Box(103, 40, 811, 260)

    dots = np.unpackbits(bilevel(GrayPage(gray, (box,)), FINE), axis=1)

    assert not dots[40:260, 103:811].any()
    assert dots.sum() == 300 * 900 - 220 * 708


@pytest.mark.parametrize("resolution", [Resolution.STANDARD, FINE])
@pytest.mark.parametrize(("ink", "ground"), [(255, (60, 150)), (20, (120, 230))])
def test_text_on_a_photograph_stands_on_black_or_white(ink, ground, resolution):
    gray = np.tile(np.linspace(*ground, PAGE_WIDTH).astype(np.uint8), (ROWS, 1))
    gray[100:140, 300:900:24] = gray[100:140, 301:900:24] = gray[100:140, 302:900:24] = ink
    text = Text(Box(298, 96, 902, 144), ink)

    dots = np.unpackbits(bilevel(GrayPage(gray, (WHOLE,), (text,)), resolution), axis=1)

    letters, between = dots[104:136, 301:880:24], dots[104:136, 312:880:24]
    assert letters.mean() == (ink < 100)
    assert between.mean() == (ink > 100)
    assert 0.1 < dots[200:].mean() < 0.9


def test_text_that_hardly_differs_from_the_photograph_below_is_left_to_it():
    gray = np.tile(np.linspace(60, 150, PAGE_WIDTH).astype(np.uint8), (ROWS, 1))
    text = Text(Box(300, 100, 900, 140), 110)

    page = GrayPage(gray, (WHOLE,))

    assert np.array_equal(bilevel(page, FINE), bilevel(GrayPage(gray, (WHOLE,), (text,)), FINE))
