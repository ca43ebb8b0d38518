import gzip
import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renderers import media_type as kind
from renderers import picture_type
from renderers.media_type import charset_of, media_type_of
from tests.processor import processor_seconds
from tests.unit.rendering.outlook_files import compound


def a_zip(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + stream.encode("utf-16-le") + bytes(64)


ODT = kind.ODT.encode()
ENCRYPTED = b'<manifest:file-entry><manifest:encryption-data manifest:checksum="x"/>'
FLAT = b'<?xml version="1.0"?>\n<!-- a --><office:document a:b="c>d" office:mimetype="%s" c="d">'
CONTENT_TYPES = {"[Content_Types].xml": b"<Types/>"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"%PDF-1.7\n", kind.PDF),
        (b"\xef\xbb\xbf\r\n%PDF-1.4\n", kind.PDF),
        (b"II*\0\x08\0\0\0", picture_type.TIFF),
        (b"MM\0*\0\0\0\x08", picture_type.TIFF),
        (b"\x89PNG\r\n\x1a\n....", picture_type.PNG),
        (b"\xff\xd8\xff\xe0..JFIF", picture_type.JPEG),
        (b"GIF89a....", picture_type.GIF),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", picture_type.BMP),
        (b"BM\x46\0\0\0\x45\x23\1\0\x36\0\0\0\x0c\0\0\0", picture_type.BMP),
        (b"AC1027\0\0\0\0\0\x03", kind.CAD),
        (b"AC1027 is what we ordered", kind.PLAIN),
        (b"999\nby a program\n  0\r\nSECTION\r\n  2\r\nHEADER\r\n  9\r\n", kind.CAD),
        (b"0\nSECTION 2\n", kind.PLAIN),
        (b"ID;PWXL;N;E\r\nP;PGeneral\r\n", kind.SYLK),
        (b"ID;PRICE\r\n1;12\r\n", kind.PLAIN),
        (b'TABLE\r\n0,1\r\n"EXCEL"\r\n', kind.DIF),
        (b"TABLE\r\n0,15 m\r\n", kind.PLAIN),
        (b"\0\0\2\0\6\4\6\0\x08\0", kind.LOTUS),
        (b"BM 4711, a part of pump 7, and more", kind.PLAIN),
        (b"P6\n# by a scanner\n640 480\n255\n\0\1", picture_type.OTHER_PICTURE),
        (b"P6 is the pump in hall B", kind.PLAIN),
        (b"\x0a\5\1\1" + bytes(124), picture_type.PCX),
        (b"\xb1\x68\xde\x3a" + bytes(60), picture_type.DCX),
        (b"8BPS\0\1" + bytes(20), picture_type.OTHER_PICTURE),
        (b"\0\0\1\0\1\0\x20\x20\0\0", picture_type.OTHER_PICTURE),
        (b"\x0a\5\1\1 not that long\0", kind.UNKNOWN),
        (b"RIFF\x10\0\0\0WEBPVP8 ", picture_type.WEBP),
        (b"{\\rtf1\\ansi Hello}", kind.RTF),
        (a_zip(mimetype=ODT), kind.ODT),
        (a_zip(mimetype=kind.ODS.encode()), kind.ODS),
        (a_zip(**{"mimetype": ODT, "META-INF__manifest.xml": ENCRYPTED}), kind.PROTECTED_OFFICE),
        (a_zip(**CONTENT_TYPES, word__document=b"<w/>"), kind.DOCX),
        (a_zip(**CONTENT_TYPES, xl__workbook=b"<w/>"), kind.XLSX),
        (a_zip(**CONTENT_TYPES, ppt__slides=b"<w/>"), kind.PPTX),
        (a_zip(**{**CONTENT_TYPES, "xl__workbook.bin": b"\x83\1\0"}), kind.XLSB),
        (a_zip(mimetype=ODT + b"-template"), kind.ODT),
        (FLAT % ODT, kind.FODT),
        (FLAT % (kind.ODS.encode() + b"-template"), kind.FODS),
        (FLAT % b"application/vnd.oasis.opendocument.chart", kind.PLAIN),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook/>', kind.EXCEL_XML),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w/>', kind.WORD_XML),
        (b"\xff\x4f\xff\x51\0\x2f", picture_type.JPEG_2000),
        (b"\xdb\xa5\x2d\0\0\0", kind.WORD_2),
        (b"\1\0\0\0\x6c\0\0\0" + bytes(32) + b" EMF", kind.EMF),
        (b"\xd7\xcd\xc6\x9a\0\0", kind.WMF),
        (b"%!PS-Adobe-3.0\n", kind.POSTSCRIPT),
        (b"\x1bE\x1b&l0OHello", kind.PCL),
        (b"\x1b%-12345X@PJL\r\n", kind.PCL),
        (a_zip(**CONTENT_TYPES, visio__document=b"<v/>"), kind.VISIO),
        (a_zip(**{"Index__Document.iwa": b"", "preview.jpg": b""}), kind.IWORK),
        (a_zip(**CONTENT_TYPES, FixedDocSeq__a=b"", **{"FixedDocumentSequence.fdseq": b""}), kind.XPS),
        (b"\xffWPC\x10\0\0\0\1\x0a\0\1\0\0\0\0Dear", kind.WORDPERFECT),
        (b"\xffWPC\x10\0\0\0\1\x16\0\1\0\0\0\0a picture", kind.UNKNOWN),
        (a_zip(readme=b"only a zip"), kind.UNKNOWN),
        (ole("WordDocument"), kind.DOC),
        (ole("Workbook"), kind.XLS),
        (ole("PowerPoint Document"), kind.PPT),
        (ole("EncryptedPackage"), kind.PROTECTED_OFFICE),
        (ole("SomethingElse"), kind.UNKNOWN),
        (b"\0\0\0\x18ftypheic\0\0\0\0", picture_type.HEIC),
        (b"\0\0\0\x20ftypavif\0\0\0\0", picture_type.AVIF),
        (b"\0\0\0\x20ftypmp42\0\0\0\0", kind.UNKNOWN),
        (b"\0\0\0\x0cjP  \r\n\x87\n\0\0", picture_type.JPEG_2000),
        ("Hallo Köln".encode("utf-16-be"), kind.PLAIN),
        ("<html><p>Hallo".encode("utf-16-le"), kind.HTML),
        (b"<!DOCTYPE html><p>Hello", kind.HTML),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", kind.SVG),
        (b'<?xml version="1.0"?><!-- a --><!DOCTYPE svg PUBLIC "x" "y"><!-- b --><svg/>', kind.SVG),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', kind.SVG),
        (gzip.compress(b"<svg/>", mtime=0), kind.SVG),
        (gzip.compress(b"anything", mtime=0), kind.ARCHIVE),
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0", kind.ICS),
        (b"\xef\xbb\xbfbegin:vcard\n", kind.VCF),
        (b"  <html><body>", kind.HTML),
        ("Grüße aus Köln".encode(), kind.PLAIN),
        ("Grüße aus Köln".encode("latin-1"), kind.PLAIN),
        ("\ufeffHallo".encode("utf-16-le"), kind.PLAIN),
        (b"BMW is a car maker, and this is text.", kind.PLAIN),
        (b"\0\1\2\3\4", kind.UNKNOWN),
        (b"PK\x03\x04 cut off", kind.UNKNOWN),
    ],
)
def test_a_file_is_what_its_bytes_say(tmp_path, content, expected):
    (tmp_path / "blob").write_bytes(content)

    assert media_type_of(tmp_path / "blob") == expected


def test_a_declared_type_does_not_change_what_bytes_tell(tmp_path):
    (tmp_path / "blob").write_bytes(b"%PDF-1.7\n")

    assert media_type_of(tmp_path / "blob", "image/png") == kind.PDF


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("text/html; charset=utf-8", kind.HTML),
        ("TEXT/CSV", kind.CSV),
        ("text/plain", kind.PLAIN),
        ("application/pdf", kind.PLAIN),
        (None, kind.PLAIN),
    ],
)
def test_text_is_what_it_was_declared_to_be(tmp_path, declared, expected):
    (tmp_path / "blob").write_bytes(b"Name;Number\nA;1\n")

    assert media_type_of(tmp_path / "blob", declared) == expected


@pytest.mark.parametrize(
    "declared", ["application/vnd.ms-excel", "application/octet-stream", "text/plain", None]
)
def test_a_table_is_known_by_its_name_whatever_a_mail_program_declares(tmp_path, declared):
    (tmp_path / "blob").write_bytes(b"Name;Number\nA;1\n")

    assert media_type_of(tmp_path / "blob", declared, "Orders.CSV") == kind.CSV
    assert media_type_of(tmp_path / "blob", declared, "orders.txt") == kind.PLAIN


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("export.xls", b"Material\tPieces\nPump\t3\n", kind.CSV),
        ("export.xls", "Material\tPieces\r\nPump\t3\r\n".encode("utf-16"), kind.CSV),
        ("export.xls", b"no table, only a text", kind.PLAIN),
        ("export.xls", b"<table border=1><tr><td>Pump<td>3</table>", kind.HTML),
        ("offer.doc", b"\n<meta charset=utf-8><h1>Offer</h1>", kind.HTML),
        ("offer.doc", b"<html><h1>Offer</h1>", kind.HTML),
        ("offer.doc", b"a\tletter\n", kind.PLAIN),
        ("notes.txt", b"<table> is an element of HTML", kind.PLAIN),
    ],
)
def test_what_programs_write_for_word_and_excel_is_what_they_would_make_of_it(
    tmp_path, name, content, expected
):
    (tmp_path / "blob").write_bytes(content)

    assert media_type_of(tmp_path / "blob", "application/octet-stream", name) == expected


def test_html_that_was_declared_plain_is_printed_as_it_is(tmp_path):
    (tmp_path / "blob").write_bytes(b"<html>source</html>")

    assert media_type_of(tmp_path / "blob", "text/plain") == kind.PLAIN


@pytest.mark.parametrize(
    ("declared", "charset"),
    [
        ("text/plain; charset=ISO-8859-1", "iso8859-1"),
        ('text/html; charset="utf-8"', "utf-8"),
        ("text/plain; charset=klingon", None),
        ("text/plain", None),
        (None, None),
    ],
)
def test_a_charset_counts_when_python_knows_it(declared, charset):
    assert charset_of(declared) == charset


_STARTS = [
    b"",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"%PDF-",
    b"II*\0",
    b"<html",
    b"RIFF\0\0\0\0WEBP",
]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    start=st.sampled_from(_STARTS), rest=st.binary(max_size=300), declared=st.none() | st.text(max_size=30)
)
def test_any_bytes_have_a_type(tmp_path, start, rest, declared):
    (tmp_path / "blob").write_bytes(start + rest)

    assert "/" in media_type_of(tmp_path / "blob", declared)
    charset_of(declared)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_mutated_archive_has_a_type(tmp_path, data):
    content = bytearray(a_zip(mimetype=ODT, **{"META-INF__manifest.xml": b"<x/>"}))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "blob").write_bytes(content)

    assert "/" in media_type_of(tmp_path / "blob")


@pytest.mark.parametrize("content", [b"<!---->" * 9000 + b"x", b"<!--" * 15_000, b"<!DOCTYPE svg [" * 4000])
def test_text_that_begins_like_markup_for_ever_is_told_at_once(tmp_path, content):
    (tmp_path / "blob").write_bytes(content)

    assert media_type_of(tmp_path / "blob") == kind.PLAIN
    assert processor_seconds(lambda: media_type_of(tmp_path / "blob")) < 1


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        ({"Workbook": b"x", "MBD0001": {"WordDocument": b"y"}}, kind.XLS),
        ({"WordDocument": b"x", "ObjectPool": {"_1": {"Workbook": b"y"}}}, kind.DOC),
        ({"WORKBOOK": b"x"}, kind.XLS),
        ({"VisioDocument": b"x"}, kind.VISIO),
        ({"Contents": b"x", "Quill": {"CONTENTS": b"y"}}, kind.PUBLISHER),
        ({"Package": b"x"}, kind.UNKNOWN),
    ],
)
def test_a_document_that_holds_others_is_not_one_of_them(tmp_path, streams, expected):
    (tmp_path / "file").write_bytes(compound(streams))

    assert media_type_of(tmp_path / "file") == expected


@pytest.mark.parametrize(
    ("name", "found"), [("plan.tga", picture_type.OTHER_PICTURE), ("plan.bin", kind.UNKNOWN)]
)
def test_a_targa_is_known_by_its_name_only(tmp_path, name, found):
    (tmp_path / name).write_bytes(b"\0\0\2" + bytes(9) + b"\x40\1\xc8\0\x18\0" + b"\1\2\0" * 200)

    assert kind.media_type_of(tmp_path / name, None, name) == found
