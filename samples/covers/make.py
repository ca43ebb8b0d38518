"""Makes the Word templates in this folder: `python samples/covers/make.py`.

Change them in Word or LibreOffice. `{{ field }}` is a field. A row with `{%tr if field %}` and one with
`{%tr endif %}` enclose rows that are left out when there is nothing to say; `{%p if field %}` does so with
paragraphs. docs/rendering.md lists the fields.
"""

from pathlib import Path

from docx import Document
from docx.shared import Mm, Pt

HERE = Path(__file__).parent
WORDS = {
    "en": ("Fax", "To", "Company", "Fax", "From", "Phone", "Date", "Pages", "Subject", "Reference"),
    "de": ("Telefax", "An", "Firma", "Fax", "Von", "Telefon", "Datum", "Seiten", "Betreff", "Zeichen"),
    "fr": ("Télécopie", "À", "Société", "Fax", "De", "Téléphone", "Date", "Pages", "Objet", "Référence"),
}
FIELDS = (
    ("to", "{{ to }}"),
    ("company", "{{ company }}"),
    ("", "{{ to_number }}"),
    ("", "{{ from }}{% if from_company %}, {{ from_company }}{% endif %}"),
    ("from_phone", "{{ from_phone }}"),
    ("", "{{ date }} {{ time }}"),
    ("", "{{ pages }}"),
    ("subject", "{{ subject }}"),
    ("reference", "{{ reference }}"),
)


def letter(title: str, *labels: str) -> Document:
    """A cover page with a table of fields."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    document.styles["Normal"].font.name = "Liberation Sans"
    document.styles["Normal"].font.size = Pt(13)
    document.add_paragraph().add_run(title).font.size = Pt(34)
    table = document.add_table(rows=0, cols=2)
    table.columns[0].width, table.columns[1].width = Mm(40), Mm(115)
    for label, (field, text) in zip(labels, FIELDS, strict=True):
        if field:
            table.add_row().cells[0].text = f"{{%tr if {field} %}}"
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, text
        cells[1].paragraphs[0].runs[0].font.bold = True
        if field:
            table.add_row().cells[0].text = "{%tr endif %}"
    for line in ("{%p if note %}", "", "{{ note }}", "{%p endif %}", "{%p if confidentiality %}", ""):
        document.add_paragraph(line)
    document.add_paragraph().add_run("{{ confidentiality }}").font.bold = True
    document.add_paragraph("{%p endif %}")
    document.add_paragraph("{{ qr }}")
    document.add_paragraph().add_run("{{ job_id }}").font.size = Pt(9)
    return document


if __name__ == "__main__":
    for language, words in WORDS.items():
        letter(*words).save(HERE / f"letter.{language}.docx")
