import pytest

from renderers.profile import PAGE_WIDTH, Paper, Profile, Resolution
from renderers.raster import place

A4 = (210 / 25.4, 297 / 25.4)
FINE = Profile()


def test_an_a4_page_fills_the_sheet_at_its_true_size():
    spot = place(*A4, FINE)

    assert spot.rows == 2287
    assert spot.width == pytest.approx(1686, abs=5)
    assert spot.left == (PAGE_WIDTH - spot.width) // 2
    assert not spot.turned


def test_a_landscape_page_is_turned_upright():
    assert place(A4[1], A4[0], FINE) == place(*A4, FINE).__class__(
        place(*A4, FINE).width, 2287, place(*A4, FINE).left, turned=True
    )


def test_a_small_landscape_page_is_not_turned():
    spot = place(4.0, 2.0, FINE)

    assert (spot.width, spot.rows, spot.turned) == (816, 392, False)


def test_a_poster_is_made_smaller_and_keeps_its_shape():
    spot = place(*(3 * side for side in A4), FINE)

    assert spot.rows == 2287
    assert (spot.rows / 196) / (spot.width / 204) == pytest.approx(297 / 210, rel=0.01)


def test_a_roll_of_paper_fits_on_one_sheet():
    spot = place(8.0, 400.0, FINE)

    assert spot.rows == 2287
    assert spot.width < 60


@pytest.mark.parametrize(
    ("resolution", "rows"),
    [(Resolution.STANDARD, 1143), (Resolution.FINE, 2287), (Resolution.SUPERFINE, 4574)],
)
def test_a4_has_the_rows_of_its_resolution(resolution, rows):
    assert Paper.A4.rows(resolution) == rows


@pytest.mark.parametrize("size", [(0, 0), (-3, 5), (1e-9, 1e9)])
def test_a_page_without_size_still_has_a_dot(size):
    spot = place(*size, FINE)

    assert spot.width >= 1
    assert 1 <= spot.rows <= FINE.rows


@pytest.mark.parametrize(
    ("y_dpi", "resolution"), [(98, Resolution.STANDARD), (200, Resolution.FINE), (391, Resolution.SUPERFINE)]
)
def test_lines_per_inch_mean_the_nearest_fax_resolution(y_dpi, resolution):
    assert Resolution.nearest(y_dpi) is resolution


@pytest.mark.parametrize("resolution", list(Resolution))
def test_between_margins_a_page_is_smaller_and_keeps_its_shape(resolution):
    spot = place(*A4, Profile(resolution, margin=10))

    assert spot.rows <= Paper.A4.rows(resolution) - 20 * resolution.lines_per_mm + 2
    assert spot.left >= round(10 / 25.4 * 204)
    assert spot.width / 204 / (spot.rows / resolution.y_dpi) == pytest.approx(210 / 297, abs=0.01)
