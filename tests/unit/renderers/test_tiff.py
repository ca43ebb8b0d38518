import struct
import subprocess

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from renderers import tiff_tags as tag
from renderers.errors import DocumentDamaged, RenderError, TooManyPages
from renderers.profile import Resolution
from renderers.tiff import decode_pages
from renderers.tiff_tags import read_directories, read_fax_pages
from renderers.tiff_writer import FaxWriter
from tests.unit.renderers.pages import a_fax, bits_of, striped, white


def test_what_is_written_is_what_is_read(tmp_path):
    page = np.random.default_rng(1).integers(0, 256, (300, 216), np.uint8)

    path = a_fax(tmp_path / "fax.tif", page, white(), striped())

    for read, written in zip(bits_of(path), (page, white(), striped()), strict=True):
        assert np.array_equal(read, written)


def test_a_fax_carries_the_tags_of_class_f(tmp_path):
    path = a_fax(tmp_path / "fax.tif", white(10), striped(20), resolution=Resolution.SUPERFINE)

    first, second = read_directories(path)
    assert [first.number(name) for name in (tag.WIDTH, tag.ROWS, tag.COMPRESSION)] == [1728, 10, 4]
    assert first.number(tag.GROUP4_OPTIONS, 9) == 0
    assert [first.number(name) for name in (tag.BITS_PER_SAMPLE, tag.SAMPLES_PER_PIXEL)] == [1, 1]
    assert [first.number(name, 9) for name in (tag.PHOTOMETRIC, tag.FILL_ORDER, tag.SUBFILE_TYPE)] == [
        0,
        1,
        2,
    ]
    assert first.dpi == (204, 391)
    assert [page.tags[tag.PAGE_NUMBER] for page in (first, second)] == [(0, 2), (1, 2)]
    assert [len(page.tags[tag.STRIP_OFFSETS]) for page in (first, second)] == [1, 1]


def test_the_facts_of_a_fax_are_read_without_decoding_it(tmp_path):
    path = a_fax(tmp_path / "fax.tif", white(10), striped(20), resolution=Resolution.STANDARD)

    pages = read_fax_pages(path)

    assert (pages.page_count, pages.rows, pages.widths) == (2, (10, 20), (1728, 1728))
    assert pages.resolutions == (Resolution.STANDARD, Resolution.STANDARD)


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
@pytest.mark.parametrize("fill_order", [1, 2])
def test_other_peoples_faxes_are_read(tmp_path, compression, fill_order):
    image = Image.fromarray(np.unpackbits(striped(), axis=1).astype(bool))
    image.save(tmp_path / "other.tif", compression=compression, dpi=(204, 98), tiffinfo={266: fill_order})

    ((bits, directory),) = decode_pages(tmp_path / "other.tif")

    assert directory.resolution is Resolution.STANDARD
    assert np.array_equal(bits, ~striped())  # Pillow writes 1 = white


def test_a_width_that_is_no_multiple_of_eight_has_no_dots_beyond_its_edge(tmp_path):
    Image.new("1", (21, 5), 1).save(tmp_path / "odd.tif", compression="group4")

    assert [bits.any() for bits in bits_of(tmp_path / "odd.tif")] == [False]


@pytest.mark.parametrize(("rows", "resolution"), [(1100, Resolution.STANDARD), (2200, Resolution.FINE)])
def test_a_fax_without_resolution_is_judged_by_its_length(tmp_path, rows, resolution):
    Image.new("1", (1728, rows), 1).save(tmp_path / "bare.tif", compression="group4")

    assert read_fax_pages(tmp_path / "bare.tif").resolution is resolution


@pytest.mark.parametrize(
    "content", [b"", b"II*\0", b"II*\0\xff\xff\xff\x7f", b"%PDF-1.4", b"MM\0*" + bytes(100)]
)
def test_what_is_no_tiff_is_called_damaged(tmp_path, content):
    (tmp_path / "bad").write_bytes(content)

    with pytest.raises(DocumentDamaged):
        read_directories(tmp_path / "bad")


def test_directories_in_a_circle_end(tmp_path):
    (tmp_path / "circle").write_bytes(b"II*\0" + struct.pack("<IHI", 8, 0, 8))

    with pytest.raises(DocumentDamaged):
        read_directories(tmp_path / "circle")


def test_a_chain_of_directories_has_an_end(tmp_path):
    chain = b"".join(struct.pack("<HI", 0, 8 + 6 * (n + 1)) for n in range(tag.MOST_DIRECTORIES + 1))
    (tmp_path / "chain").write_bytes(b"II*\0" + struct.pack("<I", 8) + chain)

    with pytest.raises(TooManyPages):
        read_directories(tmp_path / "chain")


def test_a_page_of_two_thousand_million_rows_is_no_fax(tmp_path):
    path = a_fax(tmp_path / "bomb.tif")
    place = read_directories(path)[0].places[tag.ROWS]
    with path.open("r+b") as file:
        file.seek(place)
        file.write(struct.pack("<HHII", tag.ROWS, 4, 1, 2**31))

    with pytest.raises(DocumentDamaged):
        read_fax_pages(path)
    with pytest.raises(DocumentDamaged):
        list(decode_pages(path))


def test_a_damaged_strip_is_repaired_or_refused_but_never_crashes(tmp_path):
    path = a_fax(tmp_path / "fax.tif", striped(400))
    content = bytearray(path.read_bytes())
    content[20:60] = bytes(40)
    path.write_bytes(content)

    try:
        pages = bits_of(path)
    except DocumentDamaged:
        pages = []
    assert all(page.shape == (400, 216) for page in pages)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return a_fax(tmp_path_factory.mktemp("good") / "fax.tif", striped(40), white(30)).read_bytes()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_mutated_fax_is_read_or_refused(good, tmp_path, data):
    content = bytearray(good)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "mutated.tif"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])

    try:
        pages = read_fax_pages(path)
    except RenderError:
        return
    assert pages.page_count == len(pages.rows) >= 1
    assert all(rows > 0 for rows in pages.rows)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=400))
def test_any_bytes_behind_a_tiff_header_are_read_or_refused(tmp_path, content):
    path = tmp_path / "random.tif"
    path.write_bytes(b"II*\0\x08\0\0\0" + content)

    try:
        read_directories(path)
    except RenderError:
        pass


def test_a_writer_into_a_missing_folder_says_so(tmp_path):
    with pytest.raises(RenderError, match="converter"):
        FaxWriter(tmp_path / "missing" / "fax.tif")


def test_libtiffs_own_tool_finds_nothing_to_complain_about(tmp_path):
    path = a_fax(tmp_path / "fax.tif", striped(2287))

    told = subprocess.run(["tiffinfo", "-d", path], capture_output=True, text=True, check=True)

    assert told.stderr == ""
    assert "Page Number: 0-1" in told.stdout
