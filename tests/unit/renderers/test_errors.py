import gzip

import pytest

from renderers import errors
from renderers.document import SourceDocument
from renderers.errors import (
    ConverterMissing,
    DocumentProtected,
    DocumentUnsupported,
    RenderError,
    TooManyPages,
)
from renderers.pipeline import recognised
from renderers.registry import renderer_for

EVERY = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, RenderError)]


def test_an_error_says_what_happened_and_what_to_do():
    error = DocumentProtected("offer.pdf")

    assert error.sentence == 'The document "offer.pdf" is protected by a password.'
    assert error.remedy == "Send it again without one."
    assert str(error) == f"{error.sentence} {error.remedy}"


@pytest.mark.parametrize("cls", EVERY)
def test_every_error_crosses_a_process_unchanged(cls):
    error = cls("offer.pdf", detail="signal 11")

    again = RenderError.from_wire(error.to_wire())

    assert type(again) is cls
    assert again.to_wire() == error.to_wire()


def test_every_error_has_a_code_of_its_own():
    assert len({cls.code for cls in EVERY}) == len(EVERY)


@pytest.mark.parametrize("cls", EVERY)
def test_every_sentence_and_remedy_is_a_sentence(cls):
    for text in (cls().sentence, cls().remedy, cls("a.pdf").sentence):
        assert text[0].isupper()
        assert text.endswith(".")


def test_too_many_pages_names_the_limit():
    assert TooManyPages.over(200, "book.pdf").sentence == (
        'With the document "book.pdf" the fax has more than 200 pages.'
    )


def test_a_missing_program_tells_the_administrator_the_package_and_the_sender_nothing_of_it():
    error = ConverterMissing.needs("LibreOffice", "libreoffice-writer-nogui", "a.docx")

    assert "apt-get install libreoffice-writer-nogui" in error.detail
    assert "apt" not in str(error)


def test_a_code_of_a_newer_version_is_still_an_error():
    assert (
        type(RenderError.from_wire({**RenderError("a").to_wire(), "code": "from-the-future"})) is RenderError
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%!PS-Adobe-3.0\n", "was written for a printer and cannot be faxed. Print it to a PDF instead,"),
        (b"\x1bE\x1b&l0OHello", "was written for a printer and cannot be faxed. Print it to a PDF instead,"),
        (
            b"Rar!\x1a\x07\x00",
            "is an archive of a kind that is not opened here. Attach the files in it instead.",
        ),
        (
            gzip.compress(b"text", mtime=0),
            "is an archive of a kind that is not opened here. Attach the files in it instead.",
        ),
        (b"\0\1\2", "is of a kind that cannot be faxed. Send it as PDF, Word,"),
    ],
)
def test_a_document_that_nobody_draws_is_refused_with_what_to_do(tmp_path, content, said):
    (tmp_path / "a").write_bytes(content)

    with pytest.raises(DocumentUnsupported) as caught:
        renderer_for(recognised(SourceDocument("a", tmp_path / "a")))

    assert str(caught.value).startswith(f'The document "a" {said}')
