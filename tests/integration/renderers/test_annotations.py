"""What people note on PDFs is on the fax, and does not hide what it is about."""

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name

from renderers import Profile, Resolution, SourceDocument
from tests.unit.renderers.pages import bits_of, black_dots

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLACE = [100, 600, 300, 660]
ACROSS = [100, 660, 300, 660, 100, 600, 300, 600]
#: An annotation of each kind, as programs write it that leave its look to the reader.
KINDS = {
    "Highlight": {"QuadPoints": ACROSS},
    "Underline": {"QuadPoints": ACROSS},
    "StrikeOut": {"QuadPoints": ACROSS},
    "Squiggly": {"QuadPoints": ACROSS},
    "Ink": {"InkList": [[100, 600, 200, 660, 300, 600]]},
    "Square": {},
    "Circle": {},
    "Line": {"L": [100, 600, 300, 660]},
    "Polygon": {"Vertices": [100, 600, 300, 600, 200, 660]},
    "PolyLine": {"Vertices": [100, 600, 200, 660, 300, 600]},
    "Caret": {},
    "Stamp": {"Name": Name.Approved},
    "FreeText": {"Contents": pikepdf.String("A note"), "DA": pikepdf.String("/Helv 18 Tf 0 g")},
    "Text": {"Contents": pikepdf.String("A note")},
}


def annotated(path, annotations, source=None) -> SourceDocument:
    """A PDF with these annotations on its first page, which is empty unless there is a source."""
    with pikepdf.open(source) if source else pikepdf.new() as pdf:
        if source is None:
            pdf.add_blank_page(page_size=(595, 842))
        made = []
        for facts in annotations:
            look = facts.pop("look", None)
            made.append(pdf.make_indirect(Dictionary(Type=Name.Annot, F=4, **facts)))
            if look:
                form = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": facts["Rect"]}
                state = Dictionary(ExtGState=Dictionary(M=Dictionary(BM=Name.Multiply)))
                made[-1].AP = Dictionary(N=pikepdf.Stream(pdf, look, Resources=state, **form))
        pdf.pages[0].Annots = pdf.make_indirect(Array(made))
        pdf.save(path)
    return SourceDocument("noted.pdf", path)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_annotation_without_a_look_of_its_own_leaves_a_mark_at_its_place(pool, tmp_path, kind):
    facts = {"Subtype": Name("/" + kind), "Rect": PLACE, "C": [1, 0, 0], **KINDS[kind]}

    fax = await pool.render([annotated(tmp_path / "a.pdf", [facts])], Profile(), tmp_path / "fax.tif")

    page = bits_of(fax.path)[0]
    top, bottom = (842 - 665) * 196 // 72, (842 - 595) * 196 // 72
    assert black_dots(page) > 150
    assert black_dots(page) == black_dots(page[top:bottom])


def highlights(pdf, colour, *, own_look) -> list[dict]:
    """Every line of the letter, highlighted as Acrobat does it, or with its look left to the reader."""
    with pypdfium2.PdfDocument(pdf) as document:
        text = document[0].get_textpage()
        lines = [text.get_rect(number) for number in range(text.count_rects())]
    found = []
    for left, low, right, high in lines:
        bottom, top = low - 2, high + 2
        facts = {"Subtype": Name.Highlight, "C": colour, "Rect": [left, bottom, right, top]}
        facts["QuadPoints"] = [left, top, right, top, left, bottom, right, bottom]
        if own_look:
            fill = (*colour, left, bottom, right - left, top - bottom)
            facts["look"] = b"/M gs %f %f %f rg %f %f %f %f re f" % fill
        found.append(facts)
    return found


@pytest.mark.parametrize("resolution", [Resolution.FINE, Resolution.STANDARD])
@pytest.mark.parametrize("own_look", [True, False], ids=["own look", "no look"])
@pytest.mark.parametrize("colour", [(1, 1, 0), (0, 1, 0), (1, 0, 1), (0, 0, 1)], ids=str)
async def test_a_highlight_is_a_frame_and_the_words_in_it_stay_as_they_are(
    pool, sample, tmp_path, colour, own_look, resolution
):
    letter, profile = sample("letter.pdf"), Profile(resolution=resolution)
    marks = highlights(letter.path, colour, own_look=own_look)

    plain = await pool.render([letter], profile, tmp_path / "plain.tif")
    noted = await pool.render(
        [annotated(tmp_path / "a.pdf", marks, letter.path)], profile, tmp_path / "a.tif"
    )

    before, after = bits_of(plain.path)[0], bits_of(noted.path)[0]
    text, frames, lost = (black_dots(dots) for dots in (before, after & ~before, before & ~after))
    assert 0.3 * text < frames < 1.5 * text
    assert lost < 0.01 * text
