from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from renderers.document import SourceDocument
from renderers.errors import DocumentEmpty, DocumentProtected, DocumentUnsupported, TooManyPages
from renderers.pipeline import recognised, render
from renderers.profile import Profile, Resolution
from renderers.registry import all_renderers, renderer_for
from renderers.sandbox import Limits
from renderers.spec import BilevelPage, RasterPage, Workshop
from renderers.work import document_to_wire, pages_from_wire, profile_to_wire, run
from tests.unit.renderers.pages import a_document, a_fax, a_workshop, bits_of, black_dots, striped, white


class OneWhitePage:
    """A renderer that takes everything at the score it is given."""

    name = "one white page"

    def __init__(self, score: int) -> None:
        self._score = score

    def score(self, document: SourceDocument) -> int:
        return self._score

    def pages(self, document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
        yield BilevelPage(white(10))


def test_documents_become_one_fax_in_their_order(tmp_path):
    fax = SourceDocument("fax", a_fax(tmp_path / "fax.tif", striped(), white()))
    notes = a_document(tmp_path, b"Some notes.")

    pages = render([fax, notes, fax], tmp_path / "out.tif", a_workshop(tmp_path))

    assert pages.rows == (200, 200, 2287, 200, 200)
    first, second, third, *_ = bits_of(tmp_path / "out.tif")
    assert np.array_equal(first, striped())
    assert black_dots(second) == 0
    assert 500 < black_dots(third) < 5000


@pytest.mark.parametrize("wanted", ["fine", "superfine", "auto", "standard"])
def test_a_fax_of_standard_resolution_stays_what_it_is(tmp_path, wanted):
    pages = [striped(100), white(1100)]
    fax = SourceDocument("a", a_fax(tmp_path / "a.tif", *pages, resolution=Resolution.STANDARD))

    made = render([fax, fax], tmp_path / "out.tif", a_workshop(tmp_path, Profile.of(wanted)))

    assert set(made.resolutions) == {Resolution.STANDARD}
    for bits, wanted_bits in zip(bits_of(made.path), pages * 2, strict=True):
        assert np.array_equal(bits, wanted_bits)


def test_beside_other_documents_its_lines_are_repeated(tmp_path):
    standard = SourceDocument("a", a_fax(tmp_path / "a.tif", striped(100), resolution=Resolution.STANDARD))
    fine = SourceDocument("b", a_fax(tmp_path / "b.tif", striped(100)))

    made = render([standard, fine], tmp_path / "out.tif", a_workshop(tmp_path))

    assert set(made.resolutions) == {Resolution.FINE}
    assert np.array_equal(bits_of(made.path)[0], np.repeat(striped(100), 2, axis=0))


@pytest.mark.parametrize(("width", "rows"), [(2048, 2700), (2432, 3200)], ids=["B4", "A3"])
def test_a_fax_of_a_wider_sheet_goes_through_dot_for_dot_beside_others(tmp_path, width, rows):
    wide = np.zeros((rows, width // 8), np.uint8)
    wide[::10] = 0xFF
    fax = SourceDocument("fax", a_fax(tmp_path / "fax.tif", wide))

    pages = render([fax, a_document(tmp_path, b"A note.")], tmp_path / "out.tif", a_workshop(tmp_path))

    assert pages.widths == (width, 1728)
    assert np.array_equal(bits_of(tmp_path / "out.tif")[0], wide)


def test_a_scan_of_a4_that_has_as_many_dots_as_a3_stays_a4(tmp_path):
    scan = Image.new("1", (2432, 3440), 1)
    scan.paste(0, (100, 100, 2000, 140))
    scan.save(tmp_path / "scan.tif", compression="group4", dpi=(294, 294))

    pages = render(
        [SourceDocument("scan", tmp_path / "scan.tif")], tmp_path / "out.tif", a_workshop(tmp_path)
    )

    assert pages.widths == (1728,)


def test_the_page_limit_is_for_the_whole_fax(tmp_path):
    fax = SourceDocument("fax", a_fax(tmp_path / "fax.tif", white(), white()))

    with pytest.raises(TooManyPages, match="more than 3 pages"):
        render([fax, fax], tmp_path / "out.tif", a_workshop(tmp_path, Profile(page_limit=3)))


def test_a_mail_without_documents_is_empty(tmp_path):
    with pytest.raises(DocumentEmpty, match="Attach a document"):
        render([], tmp_path / "out.tif", a_workshop(tmp_path))


def test_a_file_without_bytes_is_empty(tmp_path):
    with pytest.raises(DocumentEmpty, match='"letter" is empty'):
        recognised(a_document(tmp_path, b""))


def test_a_protected_office_document_is_told_from_its_bytes(tmp_path):
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + bytes(64)

    with pytest.raises(DocumentProtected):
        recognised(a_document(tmp_path, content))


def test_a_declared_charset_goes_along(tmp_path):
    document = recognised(a_document(tmp_path, b"Gr\x94\xe1e", "text/plain; charset=cp850"))

    assert (document.media_type, document.charset) == ("text/plain", "cp850")


def test_the_highest_score_wins(tmp_path):
    low, high = OneWhitePage(40), OneWhitePage(60)

    assert renderer_for(a_document(tmp_path, b"x"), [low, high]) is high


def test_a_plugin_above_the_builtin_score_replaces_it(tmp_path):
    document = recognised(a_document(tmp_path, b"Text."))

    assert renderer_for(document).name == "text"
    assert renderer_for(document, [*all_renderers(), OneWhitePage(51)]).name == "one white page"
    assert renderer_for(document, [*all_renderers(), OneWhitePage(49)]).name == "text"


def test_what_nobody_accepts_is_unsupported(tmp_path):
    with pytest.raises(DocumentUnsupported, match="Send it as PDF"):
        renderer_for(recognised(a_document(tmp_path, b"\0\1\2\3")))


def test_a_job_leaves_its_output_only_when_it_is_complete(tmp_path):
    job = {
        "verb": "render",
        "out": str(tmp_path / "out.tif"),
        "documents": [document_to_wire(a_document(tmp_path, b"Text."))],
        "profile": profile_to_wire(Profile(page_limit=10)),
    }

    answer = run(job, tmp_path, None, Limits())

    assert pages_from_wire(answer, tmp_path / "out.tif").rows == (2287,)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blob", "out.tif"]
