from collections.abc import Iterator

import numpy as np
import pytest

from renderers.document import SourceDocument
from renderers.errors import DocumentEmpty, DocumentProtected, DocumentUnsupported, TooManyPages
from renderers.pipeline import black_and_white, recognised, render
from renderers.profile import Profile
from renderers.registry import all_renderers, renderer_for
from renderers.spec import BilevelPage, GrayPage, RasterPage, Workshop
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


@pytest.mark.parametrize("page", [BilevelPage(striped()), GrayPage(np.full((200, 1728), 255, np.uint8))])
def test_every_page_is_packed_to_216_bytes_a_row(page):
    assert black_and_white(page, Profile()).shape == (200, 216)


def test_a_job_leaves_its_output_only_when_it_is_complete(tmp_path):
    job = {
        "verb": "render",
        "out": str(tmp_path / "out.tif"),
        "documents": [document_to_wire(a_document(tmp_path, b"Text."))],
        "profile": profile_to_wire(Profile(page_limit=10)),
    }

    answer = run(job, tmp_path, None, 1.0)

    assert pages_from_wire(answer, tmp_path / "out.tif").rows == (2287,)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blob", "out.tif"]
