"""Documents made to keep a converter busy for ever: each ends soon, with words."""

import asyncio
import zipfile
from pathlib import Path

import pytest

from renderers import ConverterError, DocumentError, Profile, SourceDocument

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
    [("loop.pdf", pdf_loop()), ("tall.tif", tall_tiff()), ("deep.html", b"<html>" + b"<div>" * 3_000)],
)
async def test_a_bomb_ends_soon_in_words(pool, tmp_path, name, content):
    (tmp_path / "bomb").write_bytes(content)

    async with asyncio.timeout(60):
        with pytest.raises((DocumentError, ConverterError)) as caught:
            await pool.render([SourceDocument(name, tmp_path / "bomb")], FINE, tmp_path / "fax.tif")

    assert name in caught.value.sentence
    assert not (tmp_path / "fax.tif").exists()
