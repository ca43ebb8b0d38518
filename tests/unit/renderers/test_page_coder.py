import numpy as np
import pytest

from renderers.bilevel import bilevel
from renderers.page_coder import CodedPage, PageCoder
from renderers.profile import PAGE_WIDTH, Profile, Resolution
from renderers.spec import BilevelPage, Box, GrayPage
from tests.unit.renderers.pages import striped
from tests.unit.renderers.test_contrast import written


@pytest.mark.parametrize("pictures", [(), (Box(100, 100, 1600, 300),)], ids=["text", "a picture"])
@pytest.mark.parametrize("resolution", Resolution)
def test_a_page_is_coded_as_it_is_in_black_and_white(resolution, pictures):
    page = GrayPage(written(255, 0)[0], pictures)

    assert PageCoder(Profile(resolution)).code(page) == CodedPage.of(bilevel(page, resolution))


def test_the_margin_is_white_above_the_page():
    page, profile = GrayPage(written(255, 0)[0]), Profile(margin=10.0)

    coded = PageCoder(profile).code(page)

    wanted = np.pad(bilevel(page, Resolution.FINE), ((profile.margin_rows, 0), (0, 0)))
    assert coded == CodedPage.of(wanted)


def test_there_is_no_margin_above_what_is_black_and_white_already():
    assert PageCoder(Profile(margin=10.0)).code(BilevelPage(striped())) == CodedPage.of(striped())


@pytest.mark.parametrize("rows", [2290, 2400])
def test_there_is_no_margin_above_a_page_that_fills_the_sheet_without_it(rows):
    page = GrayPage(np.full((rows, PAGE_WIDTH), 255, np.uint8))

    assert PageCoder(Profile(margin=10.0)).code(page).rows == rows


def test_a_page_with_nothing_but_a_speck_is_blank():
    speck = np.full((600, PAGE_WIDTH), 255, np.uint8)
    speck[300:304, 800:804] = 0
    coder = PageCoder(Profile())

    assert coder.code(GrayPage(speck)).is_blank
    assert not coder.code(GrayPage(written(255, 0)[0])).is_blank
