"""Pictures much longer than the sheet are cut into several."""

import io

import numpy as np
import pytest
from PIL import Image

from renderers.document import SourceDocument
from renderers.pipeline import render
from renderers.profile import Paper, Profile, Resolution
from renderers.sheets import cut, cut_page, is_long
from renderers.spec import Box, GrayPage, Text
from tests.unit.renderers.pages import a_workshop, bits_of

A4 = Profile()


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (8.27, 11.69, False),
        (8.5, 14, False),
        (11.25, 25, False),  # a screenshot of a telephone
        (11.25, 125, True),  # one of a conversation
        (3.15, 20, False),  # a receipt
        (3.15, 59, True),
        (33.1, 46.8, False),  # A0
        (39.4, 7.9, False),  # a banner
        (0.2, 60, False),  # a line
    ],
)
def test_only_what_would_become_a_strip_is_cut(width, height, expected):
    assert is_long(width, height, A4) is expected


def lines(height, every=100, thick=60, width=1080):
    """A picture with bars as of a conversation."""
    dots = np.full((height, width), 240, np.uint8)
    for top in range(20, height - thick, every):
        dots[top : top + thick, 100 : width - 100] = 0
    return dots


def test_pieces_are_whole_and_cut_between_lines():
    picture = lines(12_000)

    pieces = list(cut(picture, 11.25, 125, A4))

    assert np.array_equal(np.concatenate(pieces), picture)
    assert len(pieces) > 5
    assert all((piece[[0, -1]] == 240).all() for piece in pieces)
    room = 12_000 / 125 / (1728 / 204 / 11.25) * 2287 / 196
    assert all(0.75 * room < len(piece) <= room for piece in pieces[:-1])


def test_pictures_and_texts_on_them_are_where_they_were():
    page = GrayPage(
        lines(6_000, width=1728),
        (Box(10, 2_000, 90, 5_000), Box(10, 5_500, 90, 5_600)),
        (Text(Box(20, 2_050, 80, 2_070), 255), Text(Box(20, 4_000, 80, 4_020), 255)),
    )

    first, second, third = cut_page(page, A4)

    ends = np.cumsum([len(sheet.gray) for sheet in (first, second, third)])
    assert ends[-1] == 6_000
    assert first.pictures == (Box(10, 2_000, 90, ends[0]),)
    assert second.pictures == (Box(10, 0, 90, ends[1] - ends[0]),)
    assert third.pictures == (Box(10, 0, 90, 5_000 - ends[1]), Box(10, 5_500 - ends[1], 90, 5_600 - ends[1]))
    assert first.texts == (Text(Box(20, 2_050, 80, 2_070), 255),)
    assert second.texts == (Text(Box(20, 4_000 - ends[0], 80, 4_020 - ends[0]), 255),)


def test_without_a_gap_two_sheets_show_the_same_strip():
    noise = np.random.default_rng(3).integers(0, 256, (12_000, 1080), np.uint8)

    first, second, *_ = cut(noise, 11.25, 125, A4)

    starts = [row for row in range(len(first)) if np.array_equal(first[row:], second[: len(first) - row])]
    assert starts
    assert starts[0] < len(first) - 10


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("profile", [A4, Profile(Resolution.STANDARD, Paper.LETTER, margin=10)])
def test_a_long_screenshot_is_faxed_as_wide_as_the_sheet(tmp_path, kind, profile):
    Image.fromarray(lines(6_000)).save(tmp_path / f"shot.{kind}")
    document = SourceDocument(f"shot.{kind}", tmp_path / f"shot.{kind}")

    fax = render([document], tmp_path / "fax.tif", a_workshop(tmp_path, profile))

    pages = [np.unpackbits(bits, axis=1) for bits in bits_of(fax.path)]
    black = [page.sum(axis=1) > 800 for page in pages]
    assert sum((np.diff(rows.astype(int), prepend=0) == 1).sum() for rows in black) == 60
    assert len(pages) >= 4
    assert all(rows <= profile.rows for rows in fax.rows)


def test_a_long_picture_that_lies_on_its_side_is_cut_across_its_lines(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(lines(6_000)).transpose(Image.Transpose.ROTATE_90)
    file = io.BytesIO()
    turned.save(file, "JPEG", exif=exif)
    (tmp_path / "shot.jpg").write_bytes(file.getvalue())

    fax = render(
        [SourceDocument("shot.jpg", tmp_path / "shot.jpg")], tmp_path / "fax.tif", a_workshop(tmp_path, A4)
    )

    assert fax.page_count >= 4
