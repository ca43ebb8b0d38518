import numpy as np
import pytest

from renderers.errors import DocumentDamaged
from renderers.header import coarsened, narrowed, shortened, stamp, strip_of
from renderers.profile import Resolution
from renderers.viewing import picture
from tests.unit.renderers.pages import a_fax, bits_of, black_dots, striped, white

LINE = "+49 30 1   ACME Ltd   2026-11-22 14:03   page 1 of 3"


def test_the_header_covers_the_first_rows_when_they_are_white(tmp_path):
    path = a_fax(tmp_path / "in.tif", white(300))

    pages = stamp(path, tmp_path / "out.tif", [LINE])

    (bits,) = bits_of(tmp_path / "out.tif")
    assert pages.rows == (300,)
    assert black_dots(bits[:35]) > 1000
    assert black_dots(bits[35:]) == 0


def test_the_header_goes_above_a_page_that_begins_at_its_edge(tmp_path):
    path = a_fax(tmp_path / "in.tif", striped(300))

    pages = stamp(path, tmp_path / "out.tif", [LINE])

    (bits,) = bits_of(tmp_path / "out.tif")
    assert pages.rows == (335,)
    assert np.array_equal(bits[35:], striped(300))


def test_each_page_has_its_own_line(tmp_path):
    path = a_fax(tmp_path / "in.tif", white(100), white(100))

    stamp(path, tmp_path / "out.tif", ["page 1", "page 2 and more"])

    first, second = bits_of(tmp_path / "out.tif")
    assert black_dots(second) > black_dots(first) > 0


def test_a_page_without_a_line_is_an_error(tmp_path):
    with pytest.raises(DocumentDamaged):
        stamp(a_fax(tmp_path / "in.tif", white(), white()), tmp_path / "out.tif", ["only one"])


@pytest.mark.parametrize(
    ("resolution", "rows"), [(Resolution.STANDARD, 17), (Resolution.FINE, 35), (Resolution.SUPERFINE, 69)]
)
def test_the_strip_is_as_high_on_paper_at_every_resolution(resolution, rows):
    strip = strip_of(LINE, resolution, 1728)

    assert strip.shape == (rows, 216)
    assert black_dots(strip) / (1728 * rows) == pytest.approx(0.08, abs=0.03)


def test_letters_of_the_header_are_not_cut_off():
    strip = strip_of("ÄÖÜ gjpqy|", Resolution.FINE, 1728)

    assert not strip[0].any()
    assert not strip[-1].any()


def test_a_short_line_is_left_as_it_is():
    assert shortened(LINE, 1600) == LINE


def test_a_long_line_loses_the_end_of_its_longest_inner_part():
    line = f"+49 30 1   {'Consolidated Amalgamated ' * 6}   2026-11-22 14:03   page 1 of 3"

    short = shortened(line, 1632)

    assert short.startswith("+49 30 1   Consolidated Amalgamated Consol")
    assert short.endswith("…   2026-11-22 14:03   page 1 of 3")


@pytest.mark.parametrize(
    "line", ["x" * 3000, "  ".join("y" * 400 for _ in range(7)), "", " \t\n ", "a\x07\0b"]
)
def test_no_line_is_wider_than_the_page(line):
    strip = np.unpackbits(strip_of(line, Resolution.FINE, 1728), axis=1)

    assert not strip[:, :40].any()
    assert not strip[:, -40:].any()


def test_standard_resolution_keeps_thin_strokes(tmp_path):
    bits = white(100)
    bits[51] = 0xFF

    pages = coarsened(a_fax(tmp_path / "fine.tif", bits), tmp_path / "standard.tif", Resolution.STANDARD)

    (standard,) = bits_of(tmp_path / "standard.tif")
    assert pages.resolution is Resolution.STANDARD
    assert np.flatnonzero(standard.any(axis=1)).tolist() == [25]


@pytest.mark.parametrize(
    ("resolution", "rows"), [(Resolution.STANDARD, 100), (Resolution.FINE, 50), (Resolution.SUPERFINE, 25)]
)
def test_standard_resolution_has_as_many_rows_as_the_page_is_long(tmp_path, resolution, rows):
    path = a_fax(tmp_path / "in.tif", striped(100), resolution=resolution)

    assert coarsened(path, tmp_path / "out.tif", Resolution.STANDARD).rows == (rows,)


@pytest.mark.parametrize(
    ("resolution", "rows"), [(Resolution.STANDARD, 100), (Resolution.FINE, 100), (Resolution.SUPERFINE, 50)]
)
def test_only_pages_that_are_too_fine_are_made_coarser(tmp_path, resolution, rows):
    path = a_fax(tmp_path / "in.tif", striped(100), resolution=resolution)

    pages = coarsened(path, tmp_path / "out.tif", Resolution.FINE)

    assert pages.rows == (rows,)
    assert pages.resolution is min(resolution, Resolution.FINE, key=lambda each: each.y_dpi)


def test_a_fax_may_be_stamped_in_place_of_itself_after_it_was_made_standard(tmp_path):
    fine = a_fax(tmp_path / "in.tif", white(400))
    coarsened(fine, tmp_path / "standard.tif", Resolution.STANDARD)

    pages = stamp(tmp_path / "standard.tif", tmp_path / "out.tif", [LINE])
    picture(tmp_path / "out.tif", tmp_path / "out.png")

    assert pages.rows == (200,)


def test_a_wide_page_becomes_as_wide_as_a4_and_keeps_its_shape_and_its_thin_strokes(tmp_path):
    bits = np.zeros((1000, 2432 // 8), np.uint8)
    bits[500] = 0xFF  # a line of one dot
    dots = np.unpackbits(bits, axis=1)
    dots[:, 1000] = 1
    path = a_fax(tmp_path / "wide.tif", np.packbits(dots, axis=1), white(100))

    pages = narrowed(path, tmp_path / "narrow.tif")

    assert pages.widths == (1728, 1728)
    assert pages.rows == (711, 100)
    narrow, untouched = bits_of(tmp_path / "narrow.tif")
    small = np.unpackbits(narrow, axis=1)
    assert small.all(axis=1).sum() in (1, 2)
    assert small.all(axis=0).sum() in (1, 2)
    assert not untouched.any()
