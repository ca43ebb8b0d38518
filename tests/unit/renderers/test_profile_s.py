import subprocess

import numpy as np
import pytest

from renderers import tiff_tags
from renderers.errors import DocumentDamaged
from renderers.profile import Resolution
from renderers.profile_s import to_profile_s
from renderers.tiff_writer import FaxWriter
from tests.unit.renderers.pages import a_fax, bits_of, striped, white


def noise(rows):
    return np.random.default_rng(rows).integers(0, 256, (rows, 216), np.uint8)


@pytest.mark.parametrize("resolution", [Resolution.STANDARD, Resolution.FINE])
def test_a_fax_in_profile_s_is_the_same_fax(tmp_path, resolution):
    pages = [striped(2287), noise(301), white(100)]

    to_profile_s(a_fax(tmp_path / "fax.tif", *pages, resolution=resolution), tmp_path / "s.tif")

    for bits, wanted in zip(bits_of(tmp_path / "s.tif"), pages, strict=True):
        assert np.array_equal(bits, wanted)
    assert set(tiff_tags.read_fax_pages(tmp_path / "s.tif").resolutions) == {resolution}


def test_its_tags_are_those_of_rfc_3949_and_stand_before_the_dots(tmp_path):
    to_profile_s(a_fax(tmp_path / "fax.tif", noise(300), striped(200)), tmp_path / "s.tif")

    data = (tmp_path / "s.tif").read_bytes()
    assert data[:8] == b"II*\0\x08\0\0\0"
    for number, page in enumerate(tiff_tags.read_directories(tmp_path / "s.tif")):
        told = {name: page.number(name) for name in (254, 256, 258, 259, 262, 266, 277, 282, 283, 296)}
        assert told == {
            254: 2, 256: 1728, 258: 1, 259: 3, 262: 0, 266: 2, 277: 1, 282: 204, 283: 196, 296: 2
        }  # fmt: skip
        assert page.number(278) == page.number(257)
        assert page.tags[297] == (number, 2)
        assert page.places[254] < page.number(273)
    told = subprocess.run(["tiffinfo", "-d", tmp_path / "s.tif"], capture_output=True, text=True, check=True)
    assert told.stderr == ""
    assert "CCITT Group 3" in told.stdout
    assert "FillOrder: lsb-to-msb" in told.stdout
    assert "Page Number: 1-2" in told.stdout


def test_superfine_becomes_fine(tmp_path):
    to_profile_s(
        a_fax(tmp_path / "fax.tif", striped(400), resolution=Resolution.SUPERFINE), tmp_path / "s.tif"
    )

    assert len(bits_of(tmp_path / "s.tif")[0]) == 200


@pytest.mark.parametrize("width", [2048, 2432])
def test_pages_of_b4_and_a3_are_made_smaller(tmp_path, width):
    with FaxWriter(tmp_path / "wide.tif") as tiff:
        tiff.add(np.full((1000, width // 8), 0xFF, np.uint8), Resolution.FINE)

    to_profile_s(tmp_path / "wide.tif", tmp_path / "s.tif")

    (page,) = bits_of(tmp_path / "s.tif")
    assert page.shape == (round(1000 * 1728 / width), 216)
    assert (page == 0xFF).all()


def test_narrower_pages_are_refused(tmp_path):
    with FaxWriter(tmp_path / "narrow.tif") as tiff:
        tiff.add(np.zeros((10, 100), np.uint8), Resolution.FINE)

    with pytest.raises(DocumentDamaged):
        to_profile_s(tmp_path / "narrow.tif", tmp_path / "s.tif")
