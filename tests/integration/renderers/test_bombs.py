"""Documents made to keep a converter busy for ever: each ends soon, with words."""

import asyncio
import io
import zipfile
import zlib
from pathlib import Path

import pytest

from renderers import ConverterError, DocumentError, Profile, SourceDocument
from tests.integration.renderers.test_kinds import LAUGHS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]

FINE = Profile()
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def many_pages(path: Path) -> None:
    """A spreadsheet of 10,000 pages: a page break after every row."""
    count = 10_000
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relation = (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_REL}/%s" Target="%s"/></Relationships>'
    )
    entries = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sheet.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": relation % ("officeDocument", "xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": relation % ("worksheet", "sheet.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{_REL}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/sheet.xml": f'<worksheet xmlns="{main}"><sheetData>'
        + "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, count + 1))
        + f'</sheetData><rowBreaks count="{count}" manualBreakCount="{count}">'
        + "".join(f'<brk id="{n}" max="16383" man="1"/>' for n in range(1, count + 1))
        + "</rowBreaks></worksheet>",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


async def test_a_table_of_ten_thousand_pages_ends_soon_in_words(pool, sample, tmp_path):
    many_pages(tmp_path / "bomb")

    async with asyncio.timeout(100):
        with pytest.raises((DocumentError, ConverterError)) as caught:
            await pool.render([SourceDocument("a.xlsx", tmp_path / "bomb")], FINE, tmp_path / "fax.tif")

    assert "a.xlsx" in caught.value.sentence
    assert (await pool.render([sample("letter.odt")], FINE, tmp_path / "b.tif")).page_count == 1


def pdf_loop() -> bytes:
    """A PDF whose cross-reference tables and pages lead to themselves."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>endobj\n"
        b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n"
        b"trailer<</Root 1 0 R/Size 3/Prev 109>>\nstartxref\n109\n%%EOF"
    )


def full_pdf() -> bytes:
    """A PDF whose page unpacks to a gigabyte of drawing."""
    packer, block = zlib.compressobj(1), b"0 0 m 9 9 l S " * 100_000
    content = b"".join(packer.compress(block) for _ in range(700)) + packer.flush()
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Filter/FlateDecode/Length %d>>stream\n"
        % len(content)
        + content
        + b"\nendstream endobj\ntrailer<</Root 1 0 R>>"
    )


def a_zip(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def laughing_docx() -> bytes:
    """A Word document that says a gigabyte with ten entities."""
    laughs = b"<?xml version='1.0'?><!DOCTYPE x [" + LAUGHS + b"]><w:document "
    laughs += (
        b"xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:body><w:p><w:r><w:t>"
    )
    types = f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/'
    types += (
        'vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType='
    )
    types += '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    relations = f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    relations += f'Type="{_REL}/officeDocument" Target="word/document.xml"/></Relationships>'
    return a_zip(
        **{"[Content_Types].xml": types.encode(), "_rels__.rels": relations.encode()},
        word__document=b"",
        **{"word__document.xml": laughs + b"&l10;</w:t></w:r></w:p></w:body></w:document>"},
    )


def laughing_odt() -> bytes:
    """The same as OpenDocument."""
    return a_zip(
        mimetype=b"application/vnd.oasis.opendocument.text",
        **{"content.xml": b"<?xml version='1.0'?><!DOCTYPE x [" + LAUGHS + b"]><x>&l10;</x>"},
    )


def vast_png() -> bytes:
    """A picture of 2^31 x 2^31 dots in a hundred bytes."""
    chunk = b"IHDR" + (2**31 - 1).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0"
    head = b"\x89PNG\r\n\x1a\n\0\0\0\x0d" + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    data = b"IDAT" + zlib.compress(bytes(100))
    return head + (len(data) - 4).to_bytes(4, "big") + data + zlib.crc32(data).to_bytes(4, "big")


def tall_tiff() -> bytes:
    """A fax that says it has 2^31 rows."""
    entries = [
        (256, 4, 1728),
        (257, 4, 2**31 - 1),
        (258, 3, 1),
        (259, 3, 4),
        (273, 4, 200),
        (278, 4, 2**31 - 1),
        (279, 4, 4),
    ]
    out = b"II*\0\x08\0\0\0" + len(entries).to_bytes(2, "little")
    for tag, kind, value in entries:
        out += (
            tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + b"\1\0\0\0" + value.to_bytes(4, "little")
        )
    return out.ljust(204, b"\0")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("loop.pdf", pdf_loop),
        ("full.pdf", full_pdf),
        ("laughs.docx", laughing_docx),
        ("laughs.odt", laughing_odt),
        ("vast.png", vast_png),
        ("nest.rtf", lambda: b"{\\rtf1 " + b"{\\b " * 2_000_000),
        ("tall.tif", tall_tiff),
        ("deep.html", lambda: b"<html>" + b"<div>" * 100_000),
        ("bold.html", lambda: b"<html>" + b"<b>" * 100_000),
        ("tables.html", lambda: b"<html>" + b"<table><tr><td>" * 1_900),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_bomb_ends_soon_in_words(pool, tmp_path, name, content):
    (tmp_path / "bomb").write_bytes(content())

    async with asyncio.timeout(100):
        with pytest.raises((DocumentError, ConverterError)) as caught:
            await pool.render([SourceDocument(name, tmp_path / "bomb")], FINE, tmp_path / "fax.tif")

    assert name in caught.value.sentence
    assert not (tmp_path / "fax.tif").exists()
