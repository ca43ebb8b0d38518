import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.errors import UnreadablePages
from telephony.page_file import keep_pages, whole_pages
from tests.fakes.pages import a_fax


@pytest.mark.parametrize("order", ["<", ">"])
def test_every_page_of_a_fax_is_counted_with_its_size(tmp_path, order):
    fax = a_fax(tmp_path / "fax.tif", pages=3, rows=2287, order=order)

    pages = whole_pages(fax)

    assert [(page.width, page.rows, page.y_dpi) for page in pages] == [(1728, 2287, 196)] * 3


def test_a_page_that_is_cut_off_does_not_count(tmp_path):
    fax = a_fax(tmp_path / "fax.tif", pages=3)
    whole = fax.read_bytes()
    fax.write_bytes(whole[:-20])

    pages = whole_pages(fax)

    assert len(pages) == 2


def test_the_first_pages_can_be_kept(tmp_path):
    fax = a_fax(tmp_path / "fax.tif", pages=3)

    keep_pages(fax, tmp_path / "kept.tif", 2)

    assert len(whole_pages(tmp_path / "kept.tif")) == 2


def test_more_pages_than_there_are_cannot_be_kept(tmp_path):
    fax = a_fax(tmp_path / "fax.tif", pages=1)

    with pytest.raises(UnreadablePages, match="1 readable pages"):
        keep_pages(fax, tmp_path / "kept.tif", 2)


def test_a_ring_of_pages_ends(tmp_path):
    fax = a_fax(tmp_path / "fax.tif", pages=2)
    data = bytearray(fax.read_bytes())
    data[-4:] = data[4:8]
    fax.write_bytes(data)

    pages = whole_pages(fax)

    assert len(pages) == 2


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"II*"])
def test_what_is_no_tiff_is_refused(tmp_path, content):
    (tmp_path / "x").write_bytes(content)

    with pytest.raises(UnreadablePages):
        whole_pages(tmp_path / "x")


@given(st.data())
def test_no_damage_makes_it_fail_in_another_way(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    damaged = bytearray(a_fax(folder / "fax.tif", pages=2).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(4, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(4, len(damaged)))
    (folder / "fax.tif").write_bytes(damaged[:cut])

    pages = whole_pages(folder / "fax.tif")

    assert len(pages) <= 10_000
