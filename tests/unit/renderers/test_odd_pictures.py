"""Pictures as few programs write them: they are drawn as they look, or called what they are."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from renderers.builtin.image import MOST_PIXELS, ImageRenderer
from renderers.document import SourceDocument
from renderers.errors import DocumentDamaged, DocumentTooLarge, DocumentUnsupported
from renderers.media_type import media_type_of
from tests.unit.renderers.pages import a_workshop

WIDTH, ROWS = 64, 40
#: A grey that nothing is scaled to by accident, light and dark halves, and a mark in the first corner.
LIGHT, DARK = 204, 51


def a_scene() -> np.ndarray:
    colours = np.full((ROWS, WIDTH, 3), LIGHT, np.uint8)
    colours[:, WIDTH // 2 :] = DARK
    colours[: ROWS // 2, : WIDTH // 4] = 0
    return colours


def pages_of(path):
    document = SourceDocument(path.name, path, media_type_of(path, None, path.name))
    return list(ImageRenderer().pages(document, a_workshop(path.parent)))


def assert_is_the_scene(page, tolerance=6):
    box = page.pictures[0]
    rows, columns = box.bottom - box.top, box.right - box.left

    def at(down, across):
        return int(page.gray[box.top + int(rows * down), box.left + int(columns * across)])

    assert at(0.25, 0.12) == pytest.approx(0, abs=tolerance)
    assert at(0.75, 0.12) == pytest.approx(LIGHT, abs=tolerance)
    assert at(0.25, 0.38) == pytest.approx(LIGHT, abs=tolerance)
    assert at(0.25, 0.75) == pytest.approx(DARK, abs=tolerance)


def a_bitmap(path, dots: bytes, bits: int, compression: int, masks=(), rows: int = ROWS, size: int = 40):
    """With a second head of that size; masks behind it, or in it when it is long enough for them."""
    head = struct.pack("<IiiHHIIii8x", size, WIDTH, rows, 1, bits, compression, len(dots), 2835, 2835)
    head += struct.pack(f"<{len(masks)}I", *masks)
    head = head.ljust(size, b"\0")
    start = struct.pack("<2sIII", b"BM", 14 + len(head) + len(dots), 0, 14 + len(head))
    path.write_bytes(start + head + dots)
    return path


def masked(masks, dtype) -> bytes:
    """The scene from its last row to its first one, each colour in the bits of its mask."""
    colours, words = a_scene()[::-1].astype(np.uint64), np.zeros((ROWS, WIDTH), np.uint64)
    for channel, mask in enumerate(masks):
        lowest = mask & -mask
        most = mask // lowest
        words |= np.uint64(lowest) * ((colours[..., channel] * most + 127) // 255)
    return words.astype(dtype).tobytes()


@pytest.mark.parametrize(
    ("masks", "bits"),
    [
        ((0xF00, 0xF0, 0xF), 16),
        ((0xF800, 0x7E0, 0x1F), 16),
        ((0xFF, 0xFF00, 0xFF0000), 32),
        ((0xFF000000, 0xFF000, 0x3FC), 32),
        ((0x3FF00000, 0xFFC00, 0x3FF), 32),
    ],
)
@pytest.mark.parametrize("compression", [3, 6])
def test_a_bitmap_may_keep_its_colours_in_any_bits(tmp_path, masks, bits, compression):
    dots = masked(masks, f"<u{bits // 8}")

    (page,) = pages_of(a_bitmap(tmp_path / "a.bmp", dots, bits, compression, (*masks, 0)))

    assert_is_the_scene(page, tolerance=10)


def test_a_bitmap_may_begin_with_its_first_row(tmp_path):
    masks = (0xF00, 0xF0, 0xF)
    upside_down = np.frombuffer(masked(masks, "<u2"), "<u2").reshape(ROWS, WIDTH)[::-1].tobytes()

    (page,) = pages_of(a_bitmap(tmp_path / "a.bmp", upside_down, 16, 3, masks, rows=-ROWS))

    assert_is_the_scene(page, tolerance=10)


@pytest.mark.parametrize(("compression", "kind"), [(4, "JPEG"), (5, "PNG")])
def test_a_bitmap_may_be_a_jpeg_or_png(tmp_path, compression, kind):
    inside = io.BytesIO()
    Image.fromarray(a_scene()).save(inside, kind)

    (page,) = pages_of(a_bitmap(tmp_path / "a.bmp", inside.getvalue(), 0, compression, (0, 0, 0)))

    assert_is_the_scene(page, tolerance=12)


def test_a_bitmap_whose_program_did_not_know_of_transparency_is_no_white_paper(tmp_path):
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    dots = masked(masks[:3], "<u4")

    (page,) = pages_of(a_bitmap(tmp_path / "a.bmp", dots, 32, 3, masks, size=108))

    assert_is_the_scene(page)


@pytest.mark.parametrize("dots", [b"", bytes(100)])
def test_a_bitmap_that_is_cut_off_is_damaged(tmp_path, dots):
    with pytest.raises(DocumentDamaged):
        pages_of(a_bitmap(tmp_path / "a.bmp", dots, 16, 3, (0xF00, 0xF0, 0xF)))


def test_a_bitmap_of_too_many_dots_is_too_large(tmp_path):
    path = a_bitmap(tmp_path / "a.bmp", b"", 16, 3, (0xF00, 0xF0, 0xF), rows=MOST_PIXELS)

    with pytest.raises(DocumentTooLarge):
        pages_of(path)


def a_tiff(path, dots: bytes, **tags: int):
    """One strip; bits, colours, format and planes of the dots are tags by these names."""
    numbers = {"bits": 258, "coding": 259, "colours": 262, "samples": 277, "planes": 284, "format": 339}
    found = {256: WIDTH, 257: ROWS, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: ROWS, 279: len(dots)}
    found |= {numbers[name]: value for name, value in tags.items()}
    entries, extra = b"", b""
    begin = 8 + len(dots) + len(dots) % 2
    for tag, value in sorted(found.items()):
        if tag in (258, 339) and found[277] > 1:
            entries += struct.pack("<HHII", tag, 3, found[277], begin + len(extra))
            extra += struct.pack(f"<{found[277]}H", *[value] * found[277])
        else:
            entries += struct.pack("<HHII", tag, 4, 1, value)
    head = struct.pack("<2sHI", b"II", 42, begin + len(extra))
    directory = struct.pack("<H", len(found)) + entries + bytes(4)
    path.write_bytes(head + dots + bytes(len(dots) % 2) + extra + directory)
    return path


def greys() -> np.ndarray:
    return a_scene()[..., 0]


def twelve_bits() -> bytes:
    pairs = np.round(greys() / 255 * 4095).astype(np.uint16).reshape(-1, 2)
    first, second = pairs[:, 0], pairs[:, 1]
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=1)
    return packed.astype(np.uint8).tobytes()


@pytest.mark.parametrize(
    ("dots", "tags"),
    [
        ((greys().astype("<u2") * 257).tobytes(), {"bits": 16}),
        (((255 - greys()).astype("<u2") * 257).tobytes(), {"bits": 16, "colours": 0}),
        ((greys() / 255 * 32767).astype("<i2").tobytes(), {"bits": 16, "format": 2}),
        ((greys() / 255).astype("<f4").tobytes(), {"bits": 32, "format": 3}),
        ((greys().astype("<i4") * 257).tobytes(), {"bits": 32, "format": 2}),
        (twelve_bits(), {"bits": 12}),
        ((a_scene().astype("<u2") * 257).tobytes(), {"bits": 16, "colours": 2, "samples": 3}),
    ],
    ids=["16 bits", "white is zero", "signed", "floating point", "32 bits", "12 bits", "colours"],
)
def test_deep_greys_of_a_tiff_look_as_they_are(tmp_path, dots, tags):
    (page,) = pages_of(a_tiff(tmp_path / "a.tif", dots, **tags))

    assert_is_the_scene(page)


@pytest.mark.parametrize(
    ("dots", "tags"),
    [
        ((greys() / 255).astype("<f8").tobytes(), {"bits": 64, "format": 3}),
        (b"JPEG XL" * 40, {"coding": 50002}),
        (b"RIFF\x20\0\0\0WEBP" * 40, {"coding": 50001}),
        (
            (a_scene().astype("<u2") * 257).transpose(2, 0, 1).tobytes(),
            {"bits": 16, "colours": 2, "samples": 3, "planes": 2},
        ),
    ],
    ids=["64 bits", "JPEG XL", "WebP", "planes"],
)
def test_a_tiff_that_cannot_be_read_here_is_not_called_damaged(tmp_path, dots, tags):
    with pytest.raises(DocumentUnsupported) as told:
        pages_of(a_tiff(tmp_path / "plan.tif", dots, **tags))

    assert str(told.value) == (
        'The document "plan.tif" is a TIFF of a kind that cannot be read here. '
        "Open it on your computer, save it as PNG or JPEG, and send that."
    )


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("content", [b"II*\0", b"II*\0\xff\xff\xff\x7f", b"II*\0\x08\0\0\0\1\0" + bytes(30)])
def test_half_a_tiff_is_damaged(tmp_path, content):
    (tmp_path / "a.tif").write_bytes(content)

    with pytest.raises(DocumentDamaged):
        pages_of(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["a.pcx", "a.ppm", "a.tga", "a.ico"])
def test_pictures_of_old_programs_are_drawn(tmp_path, name):
    Image.fromarray(a_scene()).save(tmp_path / name)

    (page,) = pages_of(tmp_path / name)

    assert_is_the_scene(page, tolerance=12)


def test_a_photoshop_file_is_drawn_as_its_layers_look_together(tmp_path):
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, ROWS, WIDTH, 8, 3)
    dots = a_scene().transpose(2, 0, 1).tobytes()
    (tmp_path / "a.psd").write_bytes(head + bytes(12) + b"\0\0" + dots)

    (page,) = pages_of(tmp_path / "a.psd")

    assert_is_the_scene(page)


def test_a_dcx_of_a_fax_program_has_as_many_pages_as_pictures(tmp_path):
    Image.fromarray(a_scene()).save(tmp_path / "a.pcx")
    picture = (tmp_path / "a.pcx").read_bytes()
    places = struct.pack("<III", 16, 16 + len(picture), 0)
    (tmp_path / "a.dcx").write_bytes(b"\xb1\x68\xde\x3a" + places + picture + picture)

    pages = pages_of(tmp_path / "a.dcx")

    assert len(pages) == 2
    assert_is_the_scene(pages[1], tolerance=12)


@pytest.mark.parametrize("cut", [20, 60, 300])
@pytest.mark.parametrize("name", ["a.pcx", "a.ppm", "a.tga", "a.ico"])
def test_half_a_picture_of_an_old_program_fails_in_words(tmp_path, name, cut):
    Image.fromarray(a_scene()).save(tmp_path / name)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:cut])

    with pytest.raises(DocumentDamaged):
        pages_of(tmp_path / name)
