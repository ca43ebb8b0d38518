"""Office documents with comments, which are for those who write a document and not on its pages."""

import docx
import pytest
from docx.oxml import OxmlElement

from renderers import Profile, SourceDocument
from tests.integration.renderers.test_documents import a_file, words_on

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]

OPEN_DOCUMENT = b"""<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
  xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
  xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.2"
  office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>
<text:p>Hammersmith<office:annotation office:name="1"><dc:creator>Anna</dc:creator><text:p>Kingfisher</text:p>
</office:annotation> Wednesday<office:annotation-end office:name="1"/></text:p>
</office:text></office:body></office:document>"""
RTF = (
    rb"{\rtf1\ansi\pard Hammersmith {\*\atrfstart 1}Wednesday{\*\atrfend 1}{\*\atnid A}{\*\atnauthor Anna}"
    rb"\chatn{\*\annotation{\*\atnref 1}\pard Kingfisher}\par}"
)


def a_word_document(folder) -> SourceDocument:
    document = docx.Document()
    first = document.add_paragraph().add_run("Hammersmith")
    document.add_comment(first, "Kingfisher", author="Anna", initials="A")
    document.add_comment(document.add_paragraph().add_run("Wednesday"), "Kingfisher once more", author="Bob")
    document.save(folder / "offer.docx")
    return SourceDocument("offer.docx", folder / "offer.docx")


@pytest.mark.parametrize("kind", ["docx", "fodt", "rtf"])
async def test_a_document_with_comments_is_printed_without_them(pool, tmp_path, kind):
    contents = {"fodt": OPEN_DOCUMENT, "rtf": RTF}
    document = (
        a_file(tmp_path, f"offer.{kind}", contents[kind]) if kind in contents else a_word_document(tmp_path)
    )

    fax = await pool.render([document], Profile(), tmp_path / "fax.tif")

    words = words_on(fax.path, tmp_path)
    assert {"Hammersmith", "Wednesday"} <= words
    assert "Kingfisher" not in words


async def test_comments_go_though_the_document_records_its_changes(pool, tmp_path):
    document = docx.Document()
    document.add_comment(document.add_paragraph().add_run("Hammersmith"), "Kingfisher", author="Anna")
    document.settings.element.append(OxmlElement("w:trackRevisions"))
    document.save(tmp_path / "offer.docx")

    fax = await pool.render(
        [SourceDocument("offer.docx", tmp_path / "offer.docx")], Profile(), tmp_path / "fax.tif"
    )

    words = words_on(fax.path, tmp_path)
    assert "Hammersmith" in words
    assert "Kingfisher" not in words
