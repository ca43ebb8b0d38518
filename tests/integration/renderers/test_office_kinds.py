"""Kinds of office documents that are made by LibreOffice at test time, with passwords and without."""

import base64
import json
import re
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from gateway.resolving.spreadsheet import rows_of
from renderers import DocumentDamaged, DocumentProtected, Profile, SourceDocument, office_process
from tests.integration.renderers.test_documents import words_on
from tests.integration.renderers.xlsb import save_xlsb

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]
SAVE_AS = Path(__file__).with_name("save_as.py")
LETTER = Path(__file__).parents[3] / "samples" / "documents" / "letter.odt"
SLIDES = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
  xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
  xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
  xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" office:version="1.2"
  office:mimetype="application/vnd.oasis.opendocument.presentation"><office:body><office:presentation>
<draw:page draw:name="one"><draw:frame svg:x="2cm" svg:y="2cm" svg:width="20cm" svg:height="3cm">
<draw:text-box><text:p>Pressure of pump</text:p></draw:text-box></draw:frame></draw:page>
<draw:page draw:name="two"/><draw:page draw:name="three"/>
</office:presentation></office:body></office:document>"""
#: A letter as Word 2003 writes it in XML, and one of WordPerfect 5.1 (head of 16 bytes, text in ASCII).
WORD_2003 = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><?mso-application progid="Word.Document"?>'
    '<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body><w:p><w:r>'
    "<w:t>Dear Ms Farrow, the pump is ready.</w:t></w:r></w:p></w:body></w:wordDocument>"
)
WORDPERFECT = (
    b"\xffWPC" + struct.pack("<I8B", 16, 1, 10, 0, 1, 0, 0, 0, 0) + b"Dear Ms Farrow, the pump is ready.\n"
)
TABLE = "Item,Town\nPump,Hamburg\nValve,Bremen\n"


#: What LibreOffice is asked to save: kind of file -> name of its filter.
SAVED = {
    "letter.docx": "MS Word 2007 XML",
    "letter.doc": "MS Word 97",
    "letter.rtf": "Rich Text Format",
    "table.xlsx": "Calc MS Excel 2007 XML",
    "table.xls": "MS Excel 97",
    "table.ods": "calc8",
    "slides.pptx": "Impress MS PowerPoint 2007 XML",
    "slides.ppt": "MS PowerPoint 97",
    "slides.odp": "impress8",
}
#: Templates, shows, files with macros, and documents in one XML file.
SAVED_TOO = {
    "letter.docm": "MS Word 2007 XML VBA",
    "letter.dotx": "MS Word 2007 XML Template",
    "letter.dot": "MS Word 97 Vorlage",
    "letter.ott": "writer8_template",
    "letter.fodt": "OpenDocument Text Flat XML",
    "table.xlsm": "Calc MS Excel 2007 VBA XML",
    "table.xltx": "Calc MS Excel 2007 XML Template",
    "table.xlt": "MS Excel 97 Vorlage/Template",
    "table.xml": "MS Excel 2003 XML",
    "table.ots": "calc8_template",
    "table.fods": "OpenDocument Spreadsheet Flat XML",
    "slides.pptm": "Impress MS PowerPoint 2007 XML VBA",
    "slides.potx": "Impress MS PowerPoint 2007 XML Template",
    "slides.ppsx": "Impress MS PowerPoint 2007 XML AutoPlay",
    "slides.pps": "MS PowerPoint 97 AutoPlay",
    "slides.otp": "impress8_template",
    "slides.fodp": "OpenDocument Presentation Flat XML",
}
#: Tables for programs of long ago, as texts.
TABLES = {"table.slk": "SYLK", "table.dif": "DIF"}
#: Pictures, which are of the first slide only.
DRAWN = {"slides.emf": "impress_emf_Export", "slides.wmf": "impress_wmf_Export"}
#: What LibreOffice reads and cannot save.
WRITTEN = ("table.xlsb", "table.wk1", "letter.wpd", "letter.xml")
PROTECTED = {
    "letter.docx": "MS Word 2007 XML",
    "letter.doc": "MS Word 97",
    "letter.odt": "writer8",
    "table.xlsx": "Calc MS Excel 2007 XML",
    "table.xls": "MS Excel 97",
    "slides.pptx": "Impress MS PowerPoint 2007 XML",
}
WORDS = {
    "letter": {"Dear", "Farrow", "pump"},
    "table": {"Item", "Town", "Hamburg", "Bremen"},
    "slides": {"Pressure", "pump"},
}


def a_lotus(rows: list[list[str]]) -> bytes:
    """A table of Lotus 1-2-3 release 2: records of a number, a length and data; labels say how they stand."""
    cells = b""
    for down, row in enumerate(rows):
        for across, text in enumerate(row):
            label = struct.pack("<BHH", 0xFF, across, down) + b"'" + text.encode("ascii") + b"\0"
            cells += struct.pack("<HH", 15, len(label)) + label
    used = struct.pack("<HHHHHH", 6, 8, 0, 0, len(rows[0]) - 1, len(rows) - 1)
    return struct.pack("<HHH", 0, 2, 0x0406) + used + cells + struct.pack("<HH", 1, 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder with all these documents; those with a password are in `locked`."""
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "source.fodp").write_text(SLIDES)
    save_xlsb(folder / "table.xlsb", [row.split(",") for row in TABLE.split()])
    (folder / "letter.wpd").write_bytes(WORDPERFECT)
    (folder / "table.wk1").write_bytes(a_lotus([row.split(",") for row in TABLE.split()]))
    (folder / "letter.xml").write_text(WORD_2003)
    (folder / "table.csv").write_text(TABLE)
    (folder / "locked").mkdir()
    sources = {"letter": LETTER, "table": folder / "table.csv", "slides": folder / "source.fodp"}
    wishes = [(folder / name, kind, "") for name, kind in (SAVED | SAVED_TOO | TABLES | DRAWN).items()]
    wishes += [(folder / "locked" / name, kind, "secret") for name, kind in PROTECTED.items()]
    lines = [
        json.dumps([str(sources[target.stem]), str(target), kind, password])
        for target, kind, password in wishes
    ]
    command = ["/usr/bin/python3", SAVE_AS, office_process.__file__.replace("process", "driver"), folder]
    subprocess.run(command, input="\n".join(lines), text=True, check=True, timeout=300)
    return folder


@pytest.mark.parametrize("name", [*SAVED, *SAVED_TOO, *TABLES, *WRITTEN])
async def test_a_document_of_every_kind_can_be_read(pool, made, tmp_path, name):
    document = SourceDocument("attachment", made / name)  # its kind is told from its bytes

    fax = await pool.render([document], Profile(), tmp_path / "fax.tif")

    is_slides = document.path.stem == "slides"  # wide ones, which are turned
    assert WORDS[document.path.stem] <= words_on(fax.path, tmp_path, turned=is_slides)
    assert fax.page_count == (3 if is_slides else 1)


def in_one_file(document: Path, program: str) -> bytes:
    """The document as Word 2007 and later save it in one XML file."""
    parts = ""
    with zipfile.ZipFile(document) as archive:
        types = archive.read("[Content_Types].xml").decode()
        said = re.findall(
            r'<(?:Override PartName|Default Extension)="/?([^"]+)" ContentType="([^"]+)"', types
        )
        for name in archive.namelist():
            kind = next((kind for part, kind in said if name == part or name.endswith(f".{part}")), "")
            if not kind:
                continue
            if kind.endswith("xml"):
                _, _, root = archive.read(name).decode().partition("?>")
                content = f"<pkg:xmlData>{root}</pkg:xmlData>"
            else:
                packed = base64.b64encode(archive.read(name)).decode()
                content = f"<pkg:binaryData>{packed}</pkg:binaryData>"
            parts += f'<pkg:part pkg:name="/{name}" pkg:contentType="{kind}">{content}</pkg:part>'
    head = f'<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="{program}"?>'
    return f'{head}<pkg:package xmlns:pkg="urn:package">{parts}</pkg:package>'.encode()


@pytest.mark.parametrize(
    ("name", "program"), [("letter.docx", "Word.Document"), ("slides.pptx", "PowerPoint.Show")]
)
async def test_a_document_in_one_xml_file_can_be_read(pool, made, tmp_path, name, program):
    (tmp_path / "a.xml").write_bytes(in_one_file(made / name, program))

    fax = await pool.render([SourceDocument("a.xml", tmp_path / "a.xml")], Profile(), tmp_path / "fax.tif")

    stem = Path(name).stem
    assert WORDS[stem] <= words_on(fax.path, tmp_path, turned=stem == "slides")


@pytest.mark.parametrize("name", DRAWN)
async def test_a_picture_of_windows_can_be_read(pool, made, tmp_path, name):
    fax = await pool.render([SourceDocument("attachment", made / name)], Profile(), tmp_path / "fax.tif")

    assert WORDS["slides"] <= words_on(fax.path, tmp_path) | words_on(fax.path, tmp_path, turned=True)
    assert fax.page_count == 1


@pytest.mark.parametrize("name", PROTECTED)
async def test_a_document_with_a_password_is_told_so_whatever_its_kind(pool, made, tmp_path, name):
    with pytest.raises(DocumentProtected) as caught:
        await pool.render([SourceDocument(name, made / "locked" / name)], Profile(), tmp_path / "fax.tif")

    assert (
        str(caught.value) == f'The document "{name}" is protected by a password. Send it again without one.'
    )


@pytest.mark.parametrize("name", [*SAVED, *SAVED_TOO, "table.xlsb"])
async def test_half_a_document_is_called_damaged_whatever_its_kind(pool, made, tmp_path, name):
    whole = (made / name).read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(DocumentDamaged) as caught:
        await pool.render([SourceDocument(name, tmp_path / "half")], Profile(), tmp_path / "fax.tif")

    assert str(caught.value) == (
        f'The document "{name}" is damaged and cannot be read. '
        "Open it on your computer, save it again, and send the new file."
    )


async def test_a_workbook_of_an_office_program_is_read_as_a_list(made):
    assert rows_of((made / "table.xlsx").read_bytes()) == [row.split(",") for row in TABLE.split()]
