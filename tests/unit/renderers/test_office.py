import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderers import media_type as kind
from renderers.builtin import office
from renderers.builtin.office import OfficeRenderer, converted, looks_encrypted, refuse_bomb
from renderers.document import SourceDocument
from renderers.errors import ConverterMissing, DocumentTooLarge
from tests.unit.renderers.pages import a_document, a_workshop
from tests.unit.rendering.outlook_files import compound


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


STRAY = b"\xec\xa5" + bytes(62)  # looks like the head of a Word document; encrypted text is full of such
FIRST_OF_SHEET = struct.pack("<HH", 0x809, 16) + bytes(16)
WRITE_PROTECTED = struct.pack("<HH", 0x86, 0)


@pytest.mark.parametrize(
    ("streams", "encrypted"),
    [
        ({"1Table": STRAY * 80, "WordDocument": b"\xec\xa5\x01\x01\x4d\x20\x09\x04\0\0\xf0\x13"}, True),
        ({"1Table": STRAY * 80, "WordDocument": b"\xec\xa5\x01\x01\x4d\x20\x09\x04\0\0\xf0\x12"}, False),
        ({"Workbook": FIRST_OF_SHEET + WRITE_PROTECTED + b"\x2f\0\x36\0"}, True),
        ({"Book": FIRST_OF_SHEET + b"\x2f\0\x04\0"}, True),
        ({"Workbook": FIRST_OF_SHEET + b"\x42\0\x02\0\0\0\x0a\0\0\0\x2f\0\x36\0"}, False),
        ({"Current User": bytes(12) + b"\xdf\xc4\xd1\xf3"}, True),
        ({"Current User": bytes(12) + b"\x5f\xc0\x91\xe3"}, False),
        ({"WordDocument": b"\xec\xa5"}, False),
    ],
)
def test_an_old_office_file_says_whether_it_is_encrypted(tmp_path, streams, encrypted):
    (tmp_path / "file").write_bytes(compound(streams))

    assert looks_encrypted(tmp_path / "file") is encrypted


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: compound({"Workbook": data})))
def test_any_bytes_are_looked_at_without_an_error(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("any") / "file"
    file.write_bytes(data)

    assert looks_encrypted(file) in (True, False)


@pytest.mark.parametrize(
    "media_type", [kind.DOCX, kind.ODT, kind.XLSX, kind.PPTX, kind.RTF, kind.CSV, kind.DOC]
)
def test_office_kinds_are_accepted(tmp_path, media_type):
    document = SourceDocument("a", tmp_path / "a", media_type)

    assert OfficeRenderer().score(document) > 0


@pytest.mark.parametrize(
    ("table", "separator"),
    [
        ('"Meyer, Anna";"1,5"\n"Bond, James";"2,5"\n', ";"),
        ("Report, May 2026\n\nName;Price\nPump;1,5\n", ";"),
        ("Name,Note\nPump,new; good\nValve,old\n", ","),
        ("a\tb,c\nd\te\n", "\t"),
        ("a|b\n", "|"),
    ],
)
def test_what_separates_a_table_is_what_cuts_its_lines_alike(table, separator):
    assert office._separator(table) == separator


@pytest.mark.parametrize(("beginning", "wanted"), [(b"\xdc\xa5", "MS Word 95"), (b"\xec\xa5", "MS Word 97")])
def test_word_of_1995_is_read_as_such(tmp_path, beginning, wanted):
    (tmp_path / "a.doc").write_bytes(compound({"WordDocument": beginning + bytes(600)}))

    assert office._filter_for(SourceDocument("a.doc", tmp_path / "a.doc", kind.DOC)) == wanted
