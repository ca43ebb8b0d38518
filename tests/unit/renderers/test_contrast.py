import numpy as np
import pytest
from PIL import Image, ImageDraw

from renderers.bilevel import bilevel
from renderers.fonts import MONOSPACED, font
from renderers.profile import PAGE_WIDTH, Resolution
from renderers.spec import Box, GrayPage

FINE = Resolution.FINE


def written(ground: int, ink: int, paper: int = 255):
    """A page with a line of text on a ground of its own, and which dots the text covers."""
    page = Image.new("L", (PAGE_WIDTH, 400), paper)
    letters = Image.new("1", page.size)
    ImageDraw.Draw(letters).text((200, 190), "Order 4711-B of 22 November", font=font(MONOSPACED, 32), fill=1)
    page.paste(ground, (100, 150, 1600, 270))
    page.paste(ink, (0, 0), letters)
    return np.asarray(page), np.asarray(letters)


@pytest.mark.parametrize(
    ("ground", "ink"),
    [(255, 200), (255, 210), (230, 180), (110, 30), (150, 60), (20, 140), (185, 255)],
    ids=[
        "pale on white",
        "very pale",
        "pale on tint",
        "dark on medium",
        "dark on pale",
        "grey on black",
        "white on pale",
    ],
)
def test_text_that_one_threshold_loses_can_be_read(ground, ink):
    gray, letters = written(ground, ink)

    black = np.unpackbits(bilevel(GrayPage(gray), FINE), axis=1).astype(bool)

    area = (slice(160, 260), slice(190, 800))
    contrast = black[area][letters[area]].mean() - black[area][~letters[area]].mean()
    assert abs(contrast) > 0.9


def lines_of_two_greys(greys, paper, scale):
    """Lines in turn of one grey and the other, close together, and where those of the second one are."""
    page, others = Image.new("L", (PAGE_WIDTH, 400), paper), Image.new("1", (PAGE_WIDTH, 400))
    for number in range(12):
        at = (200 + 7 * number, 20 + 29 * number)
        text = {"text": "Order 4711-B of 22 November", "font": font(MONOSPACED, 26)}
        ImageDraw.Draw(page).text(at, **text, fill=greys[number % 2])
        if number % 2:
            ImageDraw.Draw(others).text(at, **text, fill=1)
    size = (PAGE_WIDTH, 400 // scale)
    return np.asarray(page.resize(size, Image.Resampling.BOX)), np.asarray(others.resize(size))


@pytest.mark.parametrize(
    ("grey", "paper"),
    [(170, 255), (192, 255), (204, 255), (215, 255), (185, 225)],
    ids=["orange", "grey", "light grey", "yellow", "grey on a tint"],
)
@pytest.mark.parametrize(("resolution", "scale"), [(Resolution.FINE, 1), (Resolution.STANDARD, 2)])
def test_pale_text_between_lines_of_black_can_be_read(grey, paper, resolution, scale):
    gray, _ = lines_of_two_greys((0, grey), paper, scale)
    as_black, letters = lines_of_two_greys((0, 0), paper, scale)

    black, wanted = (bilevel(GrayPage(one), resolution) for one in (gray, as_black))

    found, wanted = (np.unpackbits(one, axis=1).astype(bool) for one in (black, wanted))
    assert found[letters].mean() > 0.7 * wanted[letters].mean()
    assert (found & ~wanted).mean() < 0.05 * wanted.mean()


@pytest.mark.parametrize(("resolution", "scale"), [(Resolution.FINE, 1), (Resolution.STANDARD, 2)])
def test_a_highlight_stays_white_beside_pale_text(resolution, scale):
    gray, _ = lines_of_two_greys((0, 185), 225, scale)
    framed = gray.copy()
    framed[: 40 // scale], framed[:, :190] = 255, 255

    black = np.unpackbits(bilevel(GrayPage(framed), resolution), axis=1).astype(bool)

    assert not black[gray == 225].any()


@pytest.mark.parametrize("resolution", Resolution)
def test_black_letters_stay_as_they_are_whatever_is_beside_them(resolution):
    text = {"text": "Order 4711-B of 22 November", "font": font(MONOSPACED, 26), "fill": 0}
    page = Image.new("L", (PAGE_WIDTH, 400), 255)
    ImageDraw.Draw(page).text((200, 100), **text)
    alone = np.unpackbits(bilevel(GrayPage(np.asarray(page)), resolution), axis=1)
    ImageDraw.Draw(page).text((200, 133), **{**text, "fill": 192})
    ImageDraw.Draw(page).text((620, 100), **{**text, "fill": 192})

    beside = np.unpackbits(bilevel(GrayPage(np.asarray(page)), resolution), axis=1)

    area = (slice(95, 130), slice(195, 615))
    assert np.array_equal(beside[area], alone[area])


@pytest.mark.parametrize(("ground", "ink"), [(110, 30), (150, 60), (20, 140)])
def test_text_at_the_edge_of_its_tint_is_whole(ground, ink):
    page = Image.new("L", (PAGE_WIDTH, 400), 255)
    letters = Image.new("1", page.size)
    ImageDraw.Draw(letters).text((203, 190), "Order 4711-B", font=font(MONOSPACED, 32), fill=1)
    page.paste(ground, (200, 190, 1600, 228))  # not where blocks of 16 dots end
    page.paste(ink, (0, 0), letters)

    black = np.unpackbits(bilevel(GrayPage(np.asarray(page)), FINE), axis=1).astype(bool)

    area = (slice(191, 227), slice(202, 500))
    inside = np.asarray(letters)[area]
    assert abs(black[area][~inside].mean() - black[area][inside].mean()) > 0.9


@pytest.mark.parametrize("resolution", [FINE, Resolution.SUPERFINE])
def test_a_tint_with_dark_text_becomes_paper_up_to_its_edges(resolution):
    gray, letters = written(110, 30)
    gray = np.where(gray == 110, 255, gray)
    gray[185:230, 190:715][gray[185:230, 190:715] == 255] = 110  # as when a line of text is highlighted

    black = np.unpackbits(bilevel(GrayPage(gray), resolution), axis=1).astype(bool)

    assert black[letters].mean() > 0.9
    assert black[~letters].mean() < 0.001


@pytest.mark.parametrize("resolution", list(Resolution))
def test_a_large_tint_with_little_text_becomes_paper_in_a_frame(resolution):
    gray, letters = written(110, 30)

    black = np.unpackbits(bilevel(GrayPage(gray), resolution), axis=1).astype(bool)

    assert black[letters].mean() > 0.9
    assert black[[150, 269], 100:1600].all()
    assert black[150:270, [100, 1599]].all()
    inside = (slice(154, 266), slice(102, 1598))
    assert not black[inside][~letters[inside]].any()
    black[150:270, 100:1600] = False
    assert not black.any()


@pytest.mark.parametrize("grey", [80, 120, 160])
@pytest.mark.parametrize("resolution", list(Resolution))
def test_text_across_a_watermark_can_be_read(grey, resolution):
    page = Image.new("L", (PAGE_WIDTH, 600), 255)
    mark = Image.new("1", page.size)
    ImageDraw.Draw(mark).line([(300, 520), (900, 60), (1200, 520)], fill=1, width=46)
    letters = Image.new("1", page.size)
    for y in range(40, 560, 60):
        ImageDraw.Draw(letters).text(
            (150, y), "Order 4711-B of 22 November " * 2, font=font(MONOSPACED, 32), fill=1
        )
    page.paste(grey, (0, 0), mark)
    page.paste(0, (0, 0), letters)

    black = np.unpackbits(bilevel(GrayPage(np.asarray(page)), resolution), axis=1).astype(bool)

    letters, mark = np.asarray(letters), np.asarray(mark)
    assert black[letters].mean() > 0.99
    assert 0.02 < black[mark & ~letters].mean() < 0.25  # its outlines


@pytest.mark.parametrize("resolution", list(Resolution))
def test_text_beside_dark_areas_is_whole(resolution):
    page = Image.new("L", (PAGE_WIDTH, 400), 255)
    letters = Image.new("1", page.size)
    for y in (100, 150, 200):
        ImageDraw.Draw(letters).text(
            (150, y), "Order 4711-B of 22 November " * 2, font=font(MONOSPACED, 32), fill=1
        )
    for left, top in ((500, 100), (150, 150), (900, 150), (300, 200)):
        page.paste(150, (left, top + 1, left + 250, top + 36))
    page.paste(0, (0, 0), letters)

    black = np.unpackbits(bilevel(GrayPage(np.asarray(page)), resolution), axis=1).astype(bool)

    assert black[np.asarray(letters)].mean() > 0.97
    assert black[~np.asarray(letters)].mean() < 0.01


def test_darker_edges_of_a_logo_that_was_made_larger_are_no_text_on_it():
    small = Image.new("L", (PAGE_WIDTH // 2, 200), 255)
    ImageDraw.Draw(small).ellipse((40, 20, 200, 180), fill=90, outline=90)
    gray = np.asarray(small.resize((PAGE_WIDTH, 400), Image.Resampling.LANCZOS))

    assert gray.min() < 60
    assert np.unpackbits(bilevel(GrayPage(gray), FINE), axis=1)[gray < 100].mean() > 0.97


@pytest.mark.parametrize("resolution", list(Resolution))
def test_rules_at_the_edge_of_a_tint_are_no_text_on_it(resolution):
    gray = np.full((400, PAGE_WIDTH), 255, np.uint8)
    gray[100:300, 400:700] = 120  # the bar of a chart
    gray[296:300, 200:1500] = 0

    black = np.unpackbits(bilevel(GrayPage(gray), resolution), axis=1).astype(bool)

    assert black[104:290, 400:700].all()


@pytest.mark.parametrize("resolution", list(Resolution))
def test_a_dark_ground_with_light_text_stays_dark_whatever_else_is_on_it(resolution):
    gray, letters = written(60, 255)
    gray = gray.copy()
    gray[155:205, 1200:1500] = 10

    black = np.unpackbits(bilevel(GrayPage(gray), resolution), axis=1).astype(bool)

    assert black[152:268, 102:1598][~letters[152:268, 102:1598]].mean() > 0.98
    assert not black[letters].any()


def test_a_tint_without_text_stays_as_it_is():
    gray, _ = written(110, 30)
    gray = gray.copy()
    gray[300:380, 100:1600] = 110  # near the other, and not a part of it

    black = np.unpackbits(bilevel(GrayPage(gray), FINE), axis=1).astype(bool)

    assert black[300:380, 100:1600].all()


@pytest.mark.parametrize("ink", [140, 155, 167, 169, 200])
def test_grey_text_with_soft_edges_does_not_break_up(ink):
    large = Image.new("L", (PAGE_WIDTH * 4, 1600), 255)
    ImageDraw.Draw(large).text((800, 400), "Illegible otherwise", font=font(MONOSPACED, 100), fill=ink)
    gray = np.asarray(large.resize((PAGE_WIDTH, 400), Image.Resampling.BOX))

    black = np.unpackbits(bilevel(GrayPage(gray), FINE), axis=1).astype(bool)

    covered = gray < (ink + 255) / 2
    assert black[covered].mean() > 0.97
    assert black[~covered].mean() < 0.01


@pytest.mark.parametrize(("ground", "paper"), [(190, 255), (200, 240), (60, 80), (30, 55)])
def test_tints_do_not_get_frames(ground, paper):
    gray = np.full((400, PAGE_WIDTH), paper, np.uint8)
    gray[101:299, 203:1507] = ground

    assert len(np.unique(bilevel(GrayPage(gray), FINE))) == 1


def test_soft_edges_of_black_letters_stay_white():
    page = Image.new("L", (PAGE_WIDTH * 4, 1600), 255)
    ImageDraw.Draw(page).text((800, 400), "Soft edges everywhere", font=font(MONOSPACED, 160), fill=0)
    gray = np.asarray(page.resize((PAGE_WIDTH, 400), Image.Resampling.BOX))

    assert np.array_equal(bilevel(GrayPage(gray), FINE), np.packbits(gray < 168, axis=1))


def test_pictures_are_left_to_their_own_judgement():
    gray, _ = written(255, 205)

    with_box = bilevel(GrayPage(gray, (Box(0, 0, PAGE_WIDTH, 20), Box(190, 180, 300, 240))), FINE)

    assert not np.unpackbits(with_box, axis=1)[192:224, 208:288].any()


@pytest.mark.parametrize("rows", [1, 15, 16, 17, 50])
def test_pages_of_any_length_are_taken(rows):
    gray = np.full((rows, PAGE_WIDTH), 255, np.uint8)
    gray[:, 100:103] = 200

    assert bilevel(GrayPage(gray), FINE).shape == (rows, 216)
