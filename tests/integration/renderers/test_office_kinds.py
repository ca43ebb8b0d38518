"""Kinds of office documents that are made by LibreOffice at test time, each start of which takes seconds."""

import subprocess
from pathlib import Path

import pytest

from renderers import Profile, SourceDocument
from tests.integration.renderers.test_documents import words_on

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]
LETTER = Path(__file__).parents[3] / "samples" / "documents" / "letter.odt"
SLIDES = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
  xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
  xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
  xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" office:version="1.2"
  office:mimetype="application/vnd.oasis.opendocument.presentation"><office:body><office:presentation>
<draw:page draw:name="one"/><draw:page draw:name="two"/><draw:page draw:name="three"/>
</office:presentation></office:body></office:document>"""
TABLE = "Item,Town\nPump,Hamburg\nValve,Bremen\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The document of this kind, as LibreOffice saves it."""
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "slides.fodp").write_text(SLIDES)
    (folder / "table.csv").write_text(TABLE)
    sources = {"letter": LETTER, "table": folder / "table.csv", "slides": folder / "slides.fodp"}
    profile = f"-env:UserInstallation=file://{folder}/profile"

    def make(name: str) -> SourceDocument:
        stem, _, kind = name.partition(".")
        command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", folder, sources[stem]]
        subprocess.run(command, check=True, capture_output=True, timeout=90)
        return SourceDocument("attachment", folder / name)  # its kind is told from its bytes

    return make


@pytest.mark.parametrize("name", ["letter.doc", "letter.rtf", "table.xls", "table.xlsx"])
async def test_a_document_of_every_kind_can_be_read(pool, made, tmp_path, name):
    words = {"letter": {"Dear", "Farrow", "pump"}, "table": {"Item", "Town", "Hamburg", "Bremen"}}

    fax = await pool.render([made(name)], Profile(), tmp_path / "fax.tif")

    assert words[name.partition(".")[0]] <= words_on(fax.path, tmp_path)


async def test_a_presentation_has_a_page_for_each_slide(pool, made, tmp_path):
    fax = await pool.render([made("slides.ppt")], Profile(), tmp_path / "fax.tif")

    assert fax.page_count == 3
