"""What stands in office documents beside their text is on the fax, too."""

import docx
import pytest
from docx.oxml import parse_xml

from renderers import Profile, SourceDocument
from tests.integration.renderers.test_documents import words_on

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]

EQUATION = """<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:f>
<m:num><m:r><m:rPr><m:nor/></m:rPr><m:t>Hammersmith</m:t></m:r></m:num>
<m:den><m:r><m:rPr><m:nor/></m:rPr><m:t>Wednesday</m:t></m:r></m:den></m:f></m:oMath>"""


async def test_an_equation_of_word_can_be_read(pool, tmp_path):
    document = docx.Document()
    document.add_paragraph("Pressure")
    document.add_paragraph()._p.append(parse_xml(EQUATION))
    document.save(tmp_path / "report.docx")

    fax = await pool.render(
        [SourceDocument("report.docx", tmp_path / "report.docx")], Profile(), tmp_path / "fax.tif"
    )

    assert {"Pressure", "Hammersmith", "Wednesday"} <= words_on(fax.path, tmp_path)
