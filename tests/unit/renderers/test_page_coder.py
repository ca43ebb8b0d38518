import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from renderers.bilevel import bilevel
from renderers.page_coder import CodedPage, PageCoder
from renderers.profile import PAGE_WIDTH, Profile, Resolution
from renderers.spec import GrayPage
from tests.unit.renderers.test_contrast import written
from tests.unit.renderers.test_rescue import pages

CODERS = {resolution: PageCoder(Profile(resolution)) for resolution in Resolution}


@settings(deadline=None, max_examples=60)
@given(gray=pages(), resolution=st.sampled_from(Resolution))
def test_what_is_coded_in_one_step_has_the_dots_it_has_step_by_step(gray, resolution):
    coded = CODERS[resolution].code(gray)

    assert coded is None or coded == CodedPage.of(bilevel(GrayPage(gray), resolution))


@pytest.mark.parametrize("resolution", Resolution)
def test_a_page_of_text_is_coded_in_one_step(resolution):
    gray, _ = written(255, 0)

    assert CODERS[resolution].code(gray) == CodedPage.of(bilevel(GrayPage(gray), resolution))


def test_a_tint_that_becomes_paper_needs_more_than_one_step():
    gray, _ = written(110, 30)

    assert CODERS[Resolution.FINE].code(gray) is None


def test_the_margin_is_white_above_the_page():
    gray, _ = written(255, 0)
    profile = Profile(margin=10.0)

    coded = PageCoder(profile).code(gray)

    wanted = np.pad(bilevel(GrayPage(gray), Resolution.FINE), ((profile.margin_rows, 0), (0, 0)))
    assert coded == CodedPage.of(wanted)


def test_a_page_that_is_longer_than_the_sheet_needs_more_than_one_step():
    assert PageCoder(Profile()).code(np.full((2400, PAGE_WIDTH), 255, np.uint8)) is None


def test_a_page_with_nothing_but_a_speck_is_blank():
    speck = Image.new("L", (PAGE_WIDTH, 600), 255)
    speck.paste(0, (800, 300, 804, 304))

    assert CODERS[Resolution.FINE].code(np.asarray(speck)).is_blank
    assert not CODERS[Resolution.FINE].code(written(255, 0)[0]).is_blank
