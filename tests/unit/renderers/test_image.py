import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from renderers import picture_type as kind
from renderers.builtin.image import ImageRenderer, _picture_pages, _usual_page
from renderers.document import SourceDocument
from renderers.errors import DocumentDamaged, DocumentTooLarge, TooManyPages
from renderers.profile import Profile, Resolution
from renderers.spec import BilevelPage, GrayPage
from tests.unit.renderers.pages import a_fax, a_workshop, striped, white


def pages_of(path, media_type, profile=None):
    document = SourceDocument(path.name, path, media_type)
    return list(ImageRenderer().pages(document, a_workshop(path.parent, profile)))


def dark_box(page):
    """The first and last row and column of what is dark."""
    rows, columns = np.nonzero(page.gray < 128)
    return [int(value) for value in (rows.min(), rows.max(), columns.min(), columns.max())]


def a_picture(path, size=(400, 300), mode="L", ground="white", mark="black", **options):
    image = Image.new(mode, size, ground)
    image.paste(mark, (0, 0, size[0] // 4, size[1] // 4))
    image.save(path, **options)
    return path


def test_a_picture_is_printed_at_its_own_size(tmp_path):
    (page,) = pages_of(a_picture(tmp_path / "a.png", dpi=(204, 204)), kind.PNG)

    assert page.gray.shape == (288, 1728)
    assert dark_box(page) == pytest.approx([0, 71, 664, 763], abs=2)


def test_a_large_photo_fills_the_page_and_is_turned(tmp_path):
    (page,) = pages_of(a_picture(tmp_path / "a.jpg", (3000, 2000)), kind.JPEG)

    assert page.gray.shape == (2287, 1728)
    top, bottom, left, right = dark_box(page)
    assert (top, right) == pytest.approx((0, page.pictures[0].right - 1), abs=3)
    assert bottom == pytest.approx(2287 / 4, abs=4)
    assert right - left == pytest.approx((page.pictures[0].right - page.pictures[0].left) / 4, abs=4)


#: EXIF 2.3 tag 274: where the corner with the mark is seen, and whether it lies on its side.
ORIENTATIONS = {
    1: ("left top", "wide"),
    2: ("right top", "wide"),
    3: ("right bottom", "wide"),
    4: ("left bottom", "wide"),
    5: ("left top", "tall"),
    6: ("right top", "tall"),
    7: ("right bottom", "tall"),
    8: ("left bottom", "tall"),
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind_of", [kind.JPEG, kind.PNG, kind.TIFF, kind.WEBP])
def test_the_cameras_orientation_is_followed(tmp_path, orientation, kind_of):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{kind_of.partition('/')[2]}"
    image = Image.new("L", (400, 400), "white")
    image.paste("black", (0, 0, 160, 80))
    image.convert("RGB").save(path, dpi=(204, 204), exif=exif, lossless=True)

    (page,) = pages_of(path, kind_of)

    corner, shape = ORIENTATIONS[orientation]
    top, bottom, left, right = dark_box(page)
    middle = len(page.gray) / 2
    assert f"{'left' if left < 800 else 'right'} {'top' if top < middle / 2 else 'bottom'}" == corner
    across, down = (right - left) / 204, (bottom - top) / 196
    assert (across > down) == (shape == "wide")


@pytest.mark.parametrize("inverted", [False, True], ids=["plain", "as Adobe writes it"])
def test_a_jpeg_in_cmyk_is_no_negative(tmp_path, inverted):
    image = Image.new("CMYK", (200, 200), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 100, 200))
    image.save(tmp_path / "a.jpg", dpi=(204, 204))
    content = (tmp_path / "a.jpg").read_bytes()
    # Pillow writes the values turned round and says so in Adobe's segment; without it they are straight.
    at = content.index(b"\xff\xee")
    size = int.from_bytes(content[at + 2 : at + 4], "big")
    assert content[at + 4 : at + 9] == b"Adobe"
    if not inverted:
        straight = Image.eval(image, lambda value: 255 - value)
        straight.save(tmp_path / "a.jpg", dpi=(204, 204))
        content = (tmp_path / "a.jpg").read_bytes()
        (tmp_path / "a.jpg").write_bytes(content[:at] + content[at + 2 + size :])

    (page,) = pages_of(tmp_path / "a.jpg", kind.JPEG)

    middle = page.gray[96, 764:964]
    assert middle[:95].max() < 40
    assert middle[105:].min() > 215


@pytest.mark.parametrize("dpi", [None, (1, 1), (0, 0), (20_000, 20_000)])
def test_a_picture_with_a_resolution_nobody_has_is_printed_as_large_as_the_page(tmp_path, dpi):
    image = Image.new("1", (2480, 3508), 1)
    image.paste(0, (0, 0, 2480, 100))
    options = {} if dpi is None else {"dpi": dpi}
    image.save(tmp_path / "a.tif", compression="group4", **options)

    (page,) = pages_of(tmp_path / "a.tif", kind.TIFF)

    assert dark_box(page)[3] - dark_box(page)[2] > 1500


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_is_white(tmp_path, mode):
    Image.new(mode, (200, 200), (0,) * len(mode)).save(tmp_path / "a.png")

    (page,) = pages_of(tmp_path / "a.png", kind.PNG)

    assert page.gray.min() == 255


def test_a_png_of_16_bits_keeps_its_greys(tmp_path):
    Image.fromarray(np.full((100, 100), 0x8000, np.uint16)).save(tmp_path / "a.png", dpi=(204, 204))

    (page,) = pages_of(tmp_path / "a.png", kind.PNG)

    assert int(page.gray[48, 864]) == pytest.approx(127, abs=2)


def shades(size):
    """Something to see in every corner, and in colours."""
    across, down = Image.linear_gradient("L").rotate(90).resize(size), Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", (across, down, Image.radial_gradient("L").resize(size)))


def save_gray(path, size):
    shades(size).convert("L").save(path, dpi=(150, 100))


def save_progressive(path, size):
    shades(size).save(path, dpi=(204, 204), progressive=True, subsampling=2)


def save_turned(path, size):
    exif = Image.Exif()
    exif[0x0112], exif[0x011A], exif[0x011B], exif[0x0128] = 6, 80.0, 80.0, 3
    shades(size).save(path, exif=exif)


def save_palette(path, size):
    shades(size).quantize(200).save(path)


def save_holes(path, size):
    layered = shades(size).convert("RGBA")
    layered.putalpha(Image.radial_gradient("L").resize(size))
    layered.save(path, dpi=(300, 300))


def save_gray_holes(path, size):
    Image.merge("LA", (shades(size).convert("L"), Image.linear_gradient("L").resize(size))).save(path)


def save_one_bit(path, size):
    shades(size).convert("1", dither=Image.Dither.NONE).save(path, dpi=(204, 196))


def save_deep(path, size):
    Image.fromarray(np.asarray(shades(size).convert("L")).astype(np.uint16) * 257).save(path)


USUAL = [
    *(("a.jpg", save) for save in (save_gray, save_progressive, save_turned)),
    *(
        ("a.png", save)
        for save in (save_gray, save_palette, save_holes, save_gray_holes, save_one_bit, save_deep)
    ),
]


@pytest.mark.parametrize(
    ("size", "resolution"),
    [((300, 200), Resolution.FINE), ((1900, 1300), Resolution.STANDARD), ((40, 900), Resolution.FINE)],
)
@pytest.mark.parametrize(("name", "save"), USUAL)
def test_usual_pictures_are_as_pillow_would_have_them(tmp_path, name, save, size, resolution):
    save(tmp_path / name, size)
    media_type = kind.JPEG if name == "a.jpg" else kind.PNG
    document, profile = SourceDocument(name, tmp_path / name, media_type), Profile(resolution)

    page = _usual_page(document, profile)

    (wanted,) = _picture_pages(document, profile)
    assert page.pictures == wanted.pictures
    assert page.gray.shape == wanted.gray.shape
    assert np.abs(page.gray.astype(int) - wanted.gray).mean() < 2


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_any_damage_is_seen_or_does_no_harm(tmp_path, name):
    (save_turned if name == "a.jpg" else save_holes)(tmp_path / name, (200, 100))
    whole, chance = (tmp_path / name).read_bytes(), random.Random(1)
    document = SourceDocument(name, tmp_path / name, kind.JPEG if name == "a.jpg" else kind.PNG)

    for number in range(300):
        data = bytearray(whole[: chance.randrange(len(whole)) if number % 3 == 0 else None])
        for _ in range(number % 5):
            data[chance.randrange(len(data))] = chance.randrange(256)
        document.path.write_bytes(data)
        page = _usual_page(document, Profile())
        assert page is None or page.gray.shape[1] == 1728

    document.path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DocumentDamaged):
        list(ImageRenderer().pages(document, a_workshop(tmp_path)))


def test_an_interlaced_png_is_for_pillow(tmp_path):
    path = tmp_path / "a.png"
    # Adam7 in seven passes, of which a picture of one dot has one: IHDR says so in its 13th byte.
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 1)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            for name, data in chunks
        )
    )

    assert _usual_page(SourceDocument("a.png", path, kind.PNG), Profile()) is None
    (page,) = pages_of(path, kind.PNG)
    assert page.gray.min() == 0


def test_a_tiff_of_three_grey_pages_has_three_pages(tmp_path):
    frames = [Image.new("L", (100, 100), grey) for grey in (0, 128, 255)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])

    pages = pages_of(tmp_path / "a.tif", kind.TIFF)

    assert [int(page.gray[50, 864]) for page in pages] == [0, 128, 255]
    with pytest.raises(TooManyPages):
        pages_of(tmp_path / "a.tif", kind.TIFF, Profile(page_limit=2))


def test_a_gif_is_its_first_picture(tmp_path):
    frames = [Image.new("L", (100, 100), grey) for grey in (0, 255)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])

    assert len(pages_of(tmp_path / "a.gif", kind.GIF)) == 1


def test_a_fax_goes_through_dot_for_dot(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (300, 216), np.uint8)
    pages = pages_of(a_fax(tmp_path / "fax.tif", noise, white(2350)), kind.TIFF)

    assert [type(page) for page in pages] == [BilevelPage, BilevelPage]
    assert np.array_equal(pages[0].bits, noise)
    assert len(pages[1].bits) == 2350


def test_a_standard_fax_has_its_lines_doubled_for_a_fine_one(tmp_path):
    path = a_fax(tmp_path / "fax.tif", striped(100), resolution=Resolution.STANDARD)

    (page,) = pages_of(path, kind.TIFF)

    assert np.array_equal(page.bits, np.repeat(striped(100), 2, axis=0))


def test_a_fax_longer_than_the_sheet_is_made_to_fit(tmp_path):
    (page,) = pages_of(a_fax(tmp_path / "fax.tif", striped(6000)), kind.TIFF)

    assert isinstance(page, GrayPage)
    assert page.gray.shape == (2287, 1728)


def test_a_scan_of_another_width_is_made_to_fit(tmp_path):
    Image.new("1", (2550, 3300), 0).save(tmp_path / "a.tif", compression="group4", dpi=(300, 300))

    (page,) = pages_of(tmp_path / "a.tif", kind.TIFF)

    black = np.argwhere(page.gray == 0)
    assert (black.max(axis=0) - black.min(axis=0)).tolist() == pytest.approx([2155, 1728], abs=8)


def test_a_fax_beyond_the_page_limit_is_refused(tmp_path):
    with pytest.raises(TooManyPages):
        pages_of(a_fax(tmp_path / "fax.tif", white(), white()), kind.TIFF, Profile(page_limit=1))


def test_a_picture_of_a_thousand_million_dots_is_refused_before_it_is_decoded(tmp_path):
    path = a_picture(tmp_path / "a.png")
    content = bytearray(path.read_bytes())
    content[16:24] = (40_000).to_bytes(4, "big") * 2
    path.write_bytes(content)

    with pytest.raises((DocumentTooLarge, DocumentDamaged)):
        pages_of(path, kind.PNG)


@pytest.mark.parametrize("cut", [20, 60, 120])
def test_a_picture_that_is_cut_off_is_called_damaged(tmp_path, cut):
    path = a_picture(tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:cut])

    with pytest.raises(DocumentDamaged):
        pages_of(path, kind.PNG)


def test_smaller_copies_of_a_tiff_page_are_no_pages(tmp_path):
    frames = [Image.new("L", (100, 100), grey) for grey in (0, 64, 128)]
    kinds = [0, 1, 4]  # TIFF 6.0: a page, a smaller copy, a mask
    for frame, about in zip(frames, kinds, strict=True):
        frame.encoderinfo = {"tiffinfo": {254: about}}
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:], tiffinfo={254: 0})

    pages = pages_of(tmp_path / "a.tif", kind.TIFF, Profile(page_limit=1))

    assert [int(page.gray[50, 864]) for page in pages] == [0]


def test_a_picture_in_lab_is_as_bright_as_it_says(tmp_path):
    lab = Image.merge("LAB", [Image.new("L", (100, 100), grey) for grey in (200, 128, 128)])
    lab.save(tmp_path / "a.tif")

    (page,) = pages_of(tmp_path / "a.tif", kind.TIFF)

    assert page.gray[50, 864] == 200
