import zipfile

import pytest

from renderers import media_type as kind
from renderers.builtin.office import OfficeRenderer, converted, looks_encrypted, refuse_bomb
from renderers.document import SourceDocument
from renderers.errors import ConverterMissing, DocumentTooLarge
from tests.unit.renderers.pages import a_document, a_workshop


def an_archive(path, *, size=10, parts=1):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(parts):
            archive.writestr(f"word/{number}.xml", bytes(size))
    return SourceDocument("a.docx", path, kind.DOCX)


def test_an_ordinary_document_is_let_through(tmp_path):
    refuse_bomb(an_archive(tmp_path / "a.docx"))
    refuse_bomb(a_document(tmp_path, b"{\\rtf1 no archive}"))


def test_a_document_that_unpacks_to_gigabytes_is_refused(tmp_path):
    with pytest.raises(DocumentTooLarge):
        refuse_bomb(an_archive(tmp_path / "a.docx", size=1_000_001), most_unpacked=1_000_000)


def test_a_document_of_very_many_parts_is_refused(tmp_path):
    with pytest.raises(DocumentTooLarge):
        refuse_bomb(an_archive(tmp_path / "a.docx", parts=21), most_parts=20)


def test_without_libreoffice_the_administrator_is_told_what_to_install(tmp_path):
    with pytest.raises(ConverterMissing) as caught:
        converted(an_archive(tmp_path / "a.docx"), a_workshop(tmp_path))

    assert "apt-get install libreoffice-writer-nogui" in caught.value.detail


@pytest.mark.parametrize(
    ("content", "encrypted"),
    [
        (b"\xec\xa5\x01\x01\x4d\x20\x09\x04\0\0\xf0\x13", True),
        (b"\xec\xa5\x01\x01\x4d\x20\x09\x04\0\0\xf0\x12", False),
        (b"\x09\x08\x10\0\0\x06\x05\0" + bytes(12) + b"\x2f\0", True),
        (b"\x09\x08\x10\0\0\x06\x05\0" + bytes(12) + b"\x42\0", False),
        ("EncryptedSummary".encode("utf-16-le"), True),
        (b"\xec\xa5", False),
        (b"", False),
    ],
)
def test_an_old_office_file_says_whether_it_is_encrypted(tmp_path, content, encrypted):
    (tmp_path / "blob").write_bytes(bytes(512) + content)

    assert looks_encrypted(tmp_path / "blob") is encrypted


@pytest.mark.parametrize(
    "media_type", [kind.DOCX, kind.ODT, kind.XLSX, kind.PPTX, kind.RTF, kind.CSV, kind.DOC]
)
def test_office_kinds_are_accepted(tmp_path, media_type):
    document = SourceDocument("a", tmp_path / "a", media_type)

    assert OfficeRenderer().score(document) > 0
