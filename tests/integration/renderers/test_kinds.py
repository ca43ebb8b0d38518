"""Kinds of documents beyond the usual: drawings, telephones' photographs, cards, odd PDFs."""

import asyncio
import contextlib
import subprocess

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from renderers import DocumentTooLarge, DocumentUnsupported, Profile, RenderError, SourceDocument
from tests.integration.renderers.test_documents import a_file, words_on
from tests.patience import PATIENCE
from tests.unit.renderers.pages import bits_of, black_dots

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]

FINE = Profile()
LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (n + 1, b"&l%d;" % n * 10) if n else b'<!ENTITY l1 "laughter">' for n in range(10)
)


async def test_a_drawing_can_be_read(pool, sample, tmp_path):
    fax = await pool.render([sample("plan.svg")], FINE, tmp_path / "fax.tif")

    assert fax.page_count == 1
    assert {"Pump", "Valves"} <= words_on(fax.path, tmp_path)


async def test_a_drawing_that_is_larger_than_the_page_is_made_smaller(pool, tmp_path):
    drawing = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="30cm" height="1500">'
        b'<text x="20" y="60" font-size="40">Hammersmith</text>'
        b'<text x="800" y="1450" font-size="40">Kingfisher</text></svg>'
    )

    fax = await pool.render([a_file(tmp_path, "a.svg", drawing)], FINE, tmp_path / "fax.tif")

    assert {"Hammersmith", "Kingfisher"} <= words_on(fax.path, tmp_path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("visit.ics", {"Service", "visit", "Northgate", "drained", "Judith"}),
        ("engineer.vcf", {"Alder", "Brightwater", "engineer", "Harwick"}),
    ],
)
async def test_a_card_can_be_read(pool, sample, tmp_path, name, words):
    fax = await pool.render([sample(name)], FINE, tmp_path / "fax.tif")

    assert words <= words_on(fax.path, tmp_path)


async def test_a_photograph_of_a_telephone_is_as_dark_as_the_same_jpeg(pool, sample, tmp_path):
    heic = await pool.render([sample("photo.heic")], FINE, tmp_path / "heic.tif")

    dark = black_dots(bits_of(heic.path)[0]) / heic.rows[0] / 1728
    assert 0.1 < dark < 0.7


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "PNG"])
async def test_the_same_picture_is_the_same_page_in_every_lossless_kind(pool, sample, tmp_path, kind):
    with Image.open(sample("logo.png").path) as image:
        flat = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert(
            "L"
        )
    flat.save(tmp_path / "reference.png")
    options = {"lossless": True} if kind == "WEBP" else {}
    flat.convert("RGB" if kind == "WEBP" else "L").save(tmp_path / "picture", kind, **options)

    wanted = await pool.render(
        [SourceDocument("a", tmp_path / "reference.png")], FINE, tmp_path / "wanted.tif"
    )
    fax = await pool.render([SourceDocument("b", tmp_path / "picture")], FINE, tmp_path / "fax.tif")

    assert black_dots(bits_of(fax.path)[0]) == pytest.approx(black_dots(bits_of(wanted.path)[0]), rel=0.02)


async def test_a_pdf_whose_user_password_is_empty_is_opened(pool, sample, tmp_path):
    with pikepdf.open(sample("letter.pdf").path) as pdf:
        pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="owner", user=""))

    fax = await pool.render([SourceDocument("l", tmp_path / "locked.pdf")], FINE, tmp_path / "fax.tif")

    assert "engineer" in words_on(fax.path, tmp_path)


@pytest.mark.parametrize("angle", [90, 180, 270])
async def test_a_page_that_says_it_is_rotated_is_upright(pool, sample, tmp_path, angle):
    with pikepdf.open(sample("letter.pdf").path) as pdf:
        page = pdf.pages[0]
        page.rotate(angle, relative=True)
        pdf.save(tmp_path / "rotated.pdf")
    straight = await pool.render([sample("letter.pdf")], FINE, tmp_path / "a.tif")
    rotated = await pool.render([SourceDocument("r", tmp_path / "rotated.pdf")], FINE, tmp_path / "b.tif")

    before, after = (np.unpackbits(bits_of(fax.path)[0], axis=1) for fax in (straight, rotated))

    assert after.sum() == pytest.approx(before.sum(), rel=0.15)


async def test_an_annotation_is_printed(pool, tmp_path):
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        look = pikepdf.Stream(pdf, b"0 g 0 0 200 50 re f", Type=pikepdf.Name.XObject)
        look.Subtype, look.BBox = pikepdf.Name.Form, [0, 0, 200, 50]
        stamp = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, F=4, Rect=[100, 700, 300, 750]
            )
        )
        stamp.AP = pikepdf.Dictionary(N=look)
        page.Annots = pdf.make_indirect([stamp])
        pdf.save(tmp_path / "stamp.pdf")

    fax = await pool.render([SourceDocument("s", tmp_path / "stamp.pdf")], FINE, tmp_path / "fax.tif")

    assert black_dots(bits_of(fax.path)[0]) > 50_000


def a_form(path, *, dynamic: bool = False) -> SourceDocument:
    """A PDF form filled by a program that leaves it to the reader how that looks, and comments beside it."""
    name = pikepdf.Name
    look = pikepdf.String("/Helv 18 Tf 0 g")
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))

        def on_page(top: int, subtype: pikepdf.Name, **facts: object) -> pikepdf.Object:
            place = {"Type": name.Annot, "Subtype": subtype, "F": 4, "DA": look}
            return pdf.make_indirect(pikepdf.Dictionary(Rect=[100, top, 400, top + 30], **place, **facts))

        options = ["Choice one", "Choice two"]
        fields = [
            on_page(700, name.Widget, FT=name.Tx, T="a", V=pikepdf.String("Filled value")),
            on_page(
                600, name.Widget, FT=name.Ch, Ff=131072, T="b", V=pikepdf.String(options[1]), Opt=options
            ),
        ]
        notes = [on_page(400, name.FreeText, Contents="Somebody noted this")]
        page.Annots = pdf.make_indirect([*fields, *notes])
        helvetica = pikepdf.Dictionary(Type=name.Font, Subtype=name.Type1, BaseFont=name.Helvetica)
        fonts = pikepdf.Dictionary(Font=pikepdf.Dictionary(Helv=pdf.make_indirect(helvetica)))
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=fields, NeedAppearances=True, DR=fonts, DA=look)
        if dynamic:
            pdf.Root.AcroForm.XFA = pdf.make_stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")
            pdf.Root.NeedsRendering = True
        pdf.save(path)
    return SourceDocument("form.pdf", path)


async def test_a_form_without_looks_and_a_comment_can_be_read(pool, tmp_path):
    fax = await pool.render([a_form(tmp_path / "form.pdf")], FINE, tmp_path / "fax.tif")

    words = words_on(fax.path, tmp_path)
    assert {"Filled", "value", "Choice", "two", "Somebody", "noted"} <= words
    assert "one" not in words


async def test_a_form_that_is_a_program_is_refused_in_words(pool, tmp_path):
    with pytest.raises(DocumentUnsupported) as caught:
        await pool.render([a_form(tmp_path / "form.pdf", dynamic=True)], FINE, tmp_path / "fax.tif")

    assert str(caught.value) == (
        'The document "form.pdf" is a form that only Adobe\'s own programs can show (XFA). '
        "Open it there, print it to a PDF, and send that."
    )


@pytest.mark.parametrize(
    ("text", "inside", "is_refused"),
    [
        ("For the best experience, open this PDF portfolio in Adobe Reader X.", "offer.pdf", True),
        ("Invoice 4711", "offer.pdf", False),
        ("Invoice 4711 for Adobe Acrobat", "factur-x.xml", False),
    ],
)
async def test_a_portfolio_is_refused_and_an_invoice_with_its_data_is_not(
    pool, tmp_path, text, inside, is_refused
):
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
    page.Contents = pdf.make_stream(f"BT /F 18 Tf 20 700 Td ({text}) Tj ET".encode())
    pdf.attachments[inside] = b"%PDF-1.4"
    pdf.save(tmp_path / "a.pdf")
    document = SourceDocument("a.pdf", tmp_path / "a.pdf")

    if is_refused:
        with pytest.raises(DocumentUnsupported) as caught:
            await pool.render([document], FINE, tmp_path / "fax.tif")
        assert str(caught.value).endswith("Attach the documents in it instead.")
    else:
        fax = await pool.render([document], FINE, tmp_path / "fax.tif")
        assert {"Invoice", "4711"} <= words_on(fax.path, tmp_path)


@pytest.mark.parametrize("version", ["1.2", "1.4", "1.7", "2.0"])
async def test_a_pdf_of_any_version_by_ghostscript_is_the_same_page(pool, sample, tmp_path, version):
    command = ["gs", "-q", "-dSAFER", "-sDEVICE=pdfwrite", f"-dCompatibilityLevel={version}"]
    made = [*command, "-o", tmp_path / "a.pdf", sample("invoice.pdf").path]
    subprocess.run(made, check=True, capture_output=True)
    assert (tmp_path / "a.pdf").read_bytes().startswith(f"%PDF-{version}".encode())

    wanted = await pool.render([sample("invoice.pdf")], FINE, tmp_path / "wanted.tif")
    fax = await pool.render([SourceDocument("a", tmp_path / "a.pdf")], FINE, tmp_path / "fax.tif")

    assert black_dots(bits_of(fax.path)[0]) == pytest.approx(black_dots(bits_of(wanted.path)[0]), rel=0.02)


#: By libtiff's own tools: how a colour picture of the invoice is packed.
PACKINGS = {
    "LZW": ["-c", "lzw"],
    "Deflate": ["-c", "zip"],
    "PackBits": ["-c", "packbits"],
    "JPEG": ["-r", "16", "-c", "jpeg:r"],
    "tiles": ["-t", "-c", "lzw"],
    "big-endian": ["-B", "-c", "lzw"],
    "BigTIFF": ["-8", "-c", "lzw"],
    "planes": ["-p", "separate", "-c", "lzw"],
}


@pytest.mark.parametrize("packing", PACKINGS)
async def test_a_tiff_of_every_kind_can_be_read(pool, sample, tmp_path, packing):
    draw = ["gs", "-q", "-dSAFER", "-sDEVICE=tiff24nc", "-r150", "-o", tmp_path / "a.tif"]
    subprocess.run([*draw, sample("invoice.pdf").path], check=True, capture_output=True)
    two = [tmp_path / "a.tif"] * 2
    subprocess.run(["tiffcp", *PACKINGS[packing], *two, tmp_path / "b.tif"], check=True, capture_output=True)

    fax = await pool.render([SourceDocument("b.tif", tmp_path / "b.tif")], FINE, tmp_path / "fax.tif")

    assert fax.page_count == 2
    assert {"Sealing", "Coupling", "Impeller", "Engineer", "Item", "Price"} <= words_on(fax.path, tmp_path)


async def test_a_drawing_that_laughs_a_billion_times_is_refused_at_once(pool, tmp_path):
    content = b"<?xml version='1.0'?><!DOCTYPE svg [" + LAUGHS + b"]><svg><text>&l10;</text></svg>"

    with pytest.raises(DocumentTooLarge):
        async with asyncio.timeout(PATIENCE):
            await pool.render([a_file(tmp_path, "laughs.svg", content)], FINE, tmp_path / "fax.tif")


async def test_a_drawing_that_uses_itself_ends(pool, tmp_path):
    nest = "".join(f'<g id="g{n}"><use href="#g{n + 1}"/><use href="#g{n + 1}"/></g>' for n in range(40))
    content = (
        f'<svg xmlns="http://www.w3.org/2000/svg">{nest}<g id="g40"><use href="#g0"/></g></svg>'.encode()
    )

    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(RenderError):
            await pool.render([a_file(tmp_path, "use.svg", content)], FINE, tmp_path / "fax.tif")


async def test_a_fax_can_be_searched_where_that_is_wanted(pool, sample, tmp_path):
    fax = await pool.render([sample("letter.pdf")], FINE, tmp_path / "fax.tif")

    await pool.to_pdf(fax.path, tmp_path / "fax.pdf", ocr="eng")

    with pypdfium2.PdfDocument(tmp_path / "fax.pdf") as pdf:
        words = set(pdf[0].get_textpage().get_text_range().replace(",", " ").split())
    assert {"engineer", "pressure", "calibration", "Thursday", "maintenance"} <= words


@pytest.mark.parametrize("turn", [90, 180])
async def test_a_fax_that_lies_on_its_side_or_upside_down_can_be_searched(pool, sample, tmp_path, turn):
    with pikepdf.open(sample("letter.pdf").path) as pdf:
        for page in pdf.pages:
            page.rotate(turn, relative=True)
        pdf.save(tmp_path / "turned.pdf")
    turned = SourceDocument("turned.pdf", tmp_path / "turned.pdf")
    fax = await pool.render([turned], FINE, tmp_path / "fax.tif")

    await pool.to_pdf(fax.path, tmp_path / "fax.pdf", ocr="eng")

    told = subprocess.run(
        ["pdftotext", tmp_path / "fax.pdf", "-"], capture_output=True, text=True, check=True
    )
    assert {"engineer", "pressure", "calibration", "Thursday", "maintenance"} <= set(
        told.stdout.replace(",", " ").split()
    )
