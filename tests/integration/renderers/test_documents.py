"""Real documents through the real pool: what comes out, and what their senders are told."""

import asyncio
import csv
import io
import subprocess
import zipfile

import numpy as np
import pikepdf
import pytest
from PIL import Image

from renderers import (
    ConverterMissing,
    DocumentDamaged,
    DocumentEmpty,
    DocumentProtected,
    DocumentTooLarge,
    DocumentUnsupported,
    Profile,
    RenderError,
    RenderPool,
    Resolution,
    SourceDocument,
    TooManyPages,
    render_now,
)
from tests.patience import PATIENCE
from tests.unit.renderers.pages import bits_of, black_dots

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]

FINE = Profile()


def a_file(folder, name: str, content: bytes, media_type: str | None = None) -> SourceDocument:
    path = folder / "blob"
    path.write_bytes(content)
    return SourceDocument(name, path, media_type)


def words_on(tiff, folder, *, turned: bool = False) -> set[str]:
    """What tesseract reads on the first page, made square and larger as an eye would have it."""
    bits = bits_of(tiff)[0]
    page = Image.fromarray((1 - np.unpackbits(bits, axis=1)) * np.uint8(255))
    page = page.transpose(Image.Transpose.ROTATE_90) if turned else page
    page.resize((page.width * 3 // 2, page.height * 3 // 2), Image.Resampling.BICUBIC).save(
        folder / "ocr.png"
    )
    command = ["tesseract", folder / "ocr.png", "-", "--psm", "4", "--dpi", "306"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env={"OMP_THREAD_LIMIT": "1"})
    return set(told.stdout.replace(",", " ").replace(".", " ").split())


@pytest.mark.parametrize(
    ("name", "pages", "least", "most"),
    [
        ("letter.pdf", 1, 30_000, 80_000),
        ("invoice.pdf", 1, 100_000, 400_000),
        ("scan.pdf", 1, 30_000, 120_000),
        ("photo.jpg", 1, 800_000, 2_500_000),
        ("logo.png", 1, 10_000, 60_000),
        ("notes.txt", 2, 10_000, 60_000),
        ("report.docx", 1, 30_000, 150_000),
        ("letter.odt", 1, 30_000, 80_000),
        ("fax.tif", 1, 30_000, 80_000),
    ],
)
async def test_every_sample_becomes_pages(pool, sample, tmp_path, name, pages, least, most):
    fax = await pool.render([sample(name)], FINE, tmp_path / "fax.tif")

    assert fax.page_count == pages
    assert all(rows <= 2287 for rows in fax.rows)
    assert set(fax.widths) == {1728}
    assert least < black_dots(bits_of(fax.path)[0]) < most


@pytest.mark.parametrize("resolution", list(Resolution))
async def test_a_page_is_as_dark_at_every_resolution(pool, sample, tmp_path, resolution):
    fax = await pool.render([sample("letter.pdf")], Profile(resolution), tmp_path / "fax.tif")

    (bits,) = bits_of(fax.path)
    assert fax.rows[0] == pytest.approx(Profile(resolution).rows, abs=2)
    assert black_dots(bits) / bits.size / 8 == pytest.approx(0.016, abs=0.004)


async def test_all_documents_of_a_mail_become_one_fax_in_their_order(pool, sample, tmp_path):
    names = ("logo.png", "notes.txt", "letter.odt", "fax.tif")

    fax = await pool.render([sample(name) for name in names], FINE, tmp_path / "fax.tif")

    assert fax.page_count == 5
    assert fax.rows[0] < 400
    fax_alone = bits_of(sample("fax.tif").path)[0]
    assert np.array_equal(bits_of(fax.path)[4], fax_alone)


@pytest.mark.parametrize("resolution", [Resolution.STANDARD, Resolution.FINE])
async def test_grey_text_and_tinted_tables_can_be_read(pool, sample, tmp_path, resolution):
    fax = await pool.render([sample("invoice.pdf")], Profile(resolution), tmp_path / "fax.tif")
    if resolution is Resolution.STANDARD:  # eyes see square dots
        double = np.repeat(bits_of(fax.path)[0], 2, axis=0)
        page = Image.fromarray((1 - np.unpackbits(double, axis=1)) * np.uint8(255))
        page.convert("1").save(tmp_path / "square.tif", compression="group4", dpi=(204, 196))
        fax = await pool.render([SourceDocument("s", tmp_path / "square.tif")], FINE, tmp_path / "fax2.tif")

    words = words_on(fax.path, tmp_path)

    assert {"Sealing", "bearing", "Coupling", "Impeller", "Engineer", "invoice", "days"} <= words
    assert {"registered", "property", "until"} & words


async def test_a_scan_can_be_read_and_is_short_on_the_line(pool, sample, tmp_path):
    fax = await pool.render([sample("scan.pdf")], FINE, tmp_path / "fax.tif")

    assert fax.path.stat().st_size < 30_000
    assert {"engineer", "pressure", "calibration", "Thursday", "maintenance"} <= words_on(fax.path, tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("empty.pdf", b"", DocumentEmpty),
        ("head.pdf", b"%PDF-1.7\nnothing follows", DocumentDamaged),
        ("junk.bin", b"\0\1\2\3", DocumentUnsupported),
        ("cut.jpg", b"\xff\xd8\xff\xe0" + bytes(50), DocumentDamaged),
        ("cut.tif", b"II*\0\xff\xff\0\0", DocumentDamaged),
        ("cut.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><text>Half", DocumentDamaged),
        ("noise.pdf", b"\0\1\2\3", DocumentDamaged),
        ("program.exe", b"MZ\x90\0\3\0", DocumentUnsupported),
    ],
)
async def test_a_bad_document_is_named_with_what_is_wrong(pool, tmp_path, name, content, error):
    with pytest.raises(error) as caught:
        await pool.render([a_file(tmp_path, name, content)], FINE, tmp_path / "fax.tif")

    assert f'"{name}"' in caught.value.sentence
    assert not (tmp_path / "fax.tif").exists()
    assert not (tmp_path / "fax.tif.part").exists()


@pytest.mark.parametrize("name", ["letter.pdf", "photo.jpg", "photo.heic", "logo.png", "fax.tif", "plan.svg"])
async def test_half_a_picture_or_pdf_is_called_damaged(pool, sample, tmp_path, name):
    whole = sample(name).path.read_bytes()

    with pytest.raises(DocumentDamaged):
        await pool.render([a_file(tmp_path, name, whole[: len(whole) // 2])], FINE, tmp_path / "fax.tif")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("encrypted.pdf", DocumentProtected),
        ("protected.doc", DocumentProtected),
        ("broken.pdf", DocumentDamaged),
    ],
)
async def test_a_spoiled_sample_is_refused(pool, sample, tmp_path, name, error):
    with pytest.raises(error):
        await pool.render([sample("letter.pdf"), sample(name)], FINE, tmp_path / "fax.tif")


async def test_a_word_document_full_of_rubbish_is_called_damaged(pool, tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types")
        archive.writestr("word/document.xml", "<w:document><w:body>")

    with pytest.raises(DocumentDamaged):
        await pool.render([a_file(tmp_path, "a.docx", content.getvalue())], FINE, tmp_path / "fax.tif")


async def test_a_pdf_of_a_hundred_thousand_pages_is_refused_at_once(pool, tmp_path):
    kids = b"3 0 R " * 100_000
    content = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 100000/Kids[" + kids + b"]>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>"
    )

    with pytest.raises(TooManyPages):
        async with asyncio.timeout(PATIENCE):
            await pool.render([a_file(tmp_path, "long.pdf", content)], FINE, tmp_path / "fax.tif")


async def test_a_table_of_a_hundred_thousand_rows_is_refused(pool, tmp_path):
    table = io.StringIO()
    csv.writer(table, delimiter=";").writerows([n, f"Müller {n}"] for n in range(100_000))
    document = a_file(tmp_path, "big.csv", table.getvalue().encode(), "text/csv")

    with pytest.raises(TooManyPages):
        await pool.render([document], Profile(page_limit=20), tmp_path / "fax.tif")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
async def test_a_csv_is_printed_as_a_table_whatever_separates_it(pool, tmp_path, separator):
    rows = "".join(f"A{separator}B{separator}C\n" for _ in range(12))

    fax = await pool.render(
        [a_file(tmp_path, "a.csv", rows.encode(), "text/csv")], FINE, tmp_path / "fax.tif"
    )

    columns = np.unpackbits(bits_of(fax.path)[0], axis=1).any(axis=0)
    gaps = np.diff(np.flatnonzero(columns))
    assert (gaps > 25).sum() >= 2


async def test_a_wide_csv_of_another_country_is_turned_and_as_wide_as_the_paper(pool, tmp_path):
    rows = "".join(f"Nr {n}\tPumpe\t{'Bemerkung ' * 7}\t{'Lieferung ' * 5}\tSumme\r\n" for n in range(12))
    document = a_file(tmp_path, "Bestellung Köln.csv", rows.encode("utf-16-le"), "application/vnd.ms-excel")

    fax = await pool.render([document], FINE, tmp_path / "fax.tif")

    assert fax.page_count == 1
    words = words_on(fax.path, tmp_path, turned=True)
    assert {"Pumpe", "Bemerkung", "Lieferung", "Summe"} <= words
    assert not {"Bestellung", "Page", "Seite"} & words


async def test_a_csv_may_name_its_separator_as_excel_does(pool, tmp_path):
    content = b"sep=|\r\n" + b"Pump; new|Valve; old|Seal; none\r\n" * 12

    fax = await pool.render([a_file(tmp_path, "a.csv", content)], FINE, tmp_path / "fax.tif")

    words = words_on(fax.path, tmp_path)
    assert {"Pump;", "Valve;", "Seal;", "none"} <= words
    assert not {"sep=|", "sep"} & words


async def test_a_csv_is_printed_as_it_stands_there(pool, tmp_path):
    content = b'"Meyer, Anna";0049301234567\r\n"Miller, Bob";0301234567\r\n"=SUM(A1)";"Hamburg\nBremen"\r\n'

    fax = await pool.render([a_file(tmp_path, "a.csv", content)], FINE, tmp_path / "fax.tif")

    assert {"0049301234567", "0301234567", "Hamburg", "Bremen"} <= words_on(fax.path, tmp_path)


async def test_a_small_file_that_is_a_large_picture_costs_no_memory(pool, tmp_path):
    Image.new("1", (13_000, 13_000)).save(tmp_path / "bomb.png")

    with pytest.raises(DocumentTooLarge):
        await pool.render([SourceDocument("bomb.png", tmp_path / "bomb.png")], FINE, tmp_path / "fax.tif")


async def test_a_word_document_that_unpacks_to_gigabytes_is_refused(pool, tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w") as entry:
            for _ in range(310):
                entry.write(bytes(1_000_000))

    with pytest.raises(DocumentTooLarge):
        await pool.render([SourceDocument("bomb.docx", tmp_path / "bomb.docx")], FINE, tmp_path / "fax.tif")


async def test_a_filled_form_shows_its_values(pool, tmp_path):
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        look = pikepdf.Stream(pdf, b"0 g 0 0 200 50 re f", Type=pikepdf.Name.XObject)
        look.Subtype, look.BBox = pikepdf.Name.Form, [0, 0, 200, 50]
        field = pdf.make_indirect(
            pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, F=4)
        )
        field.T, field.V, field.Rect, field.AP = "name", "x", [100, 700, 300, 750], pikepdf.Dictionary(N=look)
        page.Annots = pdf.make_indirect([field])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])
        pdf.save(tmp_path / "form.pdf")

    fax = await pool.render([SourceDocument("form.pdf", tmp_path / "form.pdf")], FINE, tmp_path / "fax.tif")

    assert black_dots(bits_of(fax.path)[0]) > 50_000


async def test_the_text_of_a_foreign_script_is_typeset(pool, tmp_path):
    document = a_file(tmp_path, "a.txt", "שלום עולם - مرحبا بالعالم\nΚαλημέρα κόσμε\n".encode(), "text/plain")

    fax = await pool.render([document], FINE, tmp_path / "fax.tif")

    assert fax.page_count == 1
    assert 2_000 < black_dots(bits_of(fax.path)[0]) < 20_000


@pytest.mark.parametrize(
    "page",
    [
        "<div style='width:1500px;font-size:20px'>" + "Words and words. " * 20 + "Lastword</div>",
        "<table width=1500><tr><td>First<td width=1200>Middle<td>Lastword</table>",
        "<p style='white-space:nowrap;font-size:20px'>" + "Words and words. " * 8 + "Lastword</p>",
        "<style>@page WordSection1 { size: 612pt 792pt; margin: 1in } div.a { page: WordSection1 }</style>"
        "<div class=a><p style='white-space:nowrap;font-size:20px'>" + "Words. " * 20 + "Lastword</div>",
        "<table><tr>" + "<td nowrap style='font-size:22px'>Some words" * 12 + "<td>Lastword</table>",
    ],
    ids=["a div", "a table", "a line", "a line of Word", "many columns"],
)
async def test_html_that_is_wider_than_the_paper_is_not_cut_off(pool, tmp_path, page):
    fax = await pool.render([a_file(tmp_path, "mail.html", page.encode())], FINE, tmp_path / "fax.tif")

    assert "Lastword" in words_on(fax.path, tmp_path)


async def test_pictures_of_an_html_mail_come_from_the_mail(pool, sample, tmp_path):
    page = b'<html><body><img src="cid:logo@here" width=300></body></html>'
    path = tmp_path / "body"
    path.write_bytes(page)
    parts = {"logo@here": sample("logo.png").path}

    with_logo = await pool.render(
        [SourceDocument("mail", path, "text/html", parts)], FINE, tmp_path / "a.tif"
    )
    without = await pool.render([SourceDocument("mail", path, "text/html")], FINE, tmp_path / "b.tif")

    assert black_dots(bits_of(with_logo.path)[0]) > 10_000
    assert black_dots(bits_of(without.path)[0]) < 2_000


async def test_without_libreoffice_other_documents_still_work(sample, tmp_path):
    async with RenderPool(workers=1, office=False, prewarm=False) as pool:
        with pytest.raises(ConverterMissing):
            await pool.render([sample("report.docx")], FINE, tmp_path / "a.tif")

        assert (await pool.render([sample("letter.pdf")], FINE, tmp_path / "b.tif")).page_count == 1


async def test_the_pool_shows_stamps_and_reduces_what_it_rendered(pool, sample, tmp_path):
    fax = await pool.render([sample("notes.txt")], FINE, tmp_path / "fax.tif")

    stamped = await pool.stamp_header(
        fax.path, tmp_path / "stamped.tif", ["a   page 1 of 2", "a   page 2 of 2"]
    )
    standard = await pool.coarsened(stamped.path, tmp_path / "standard.tif", Resolution.STANDARD)
    await pool.to_pdf(standard.path, tmp_path / "fax.pdf")
    await pool.picture(standard.path, tmp_path / "two.png", page=2, width=600)

    assert (standard.rows, standard.resolution) == ((1144, 1144), Resolution.STANDARD)
    with pikepdf.open(tmp_path / "fax.pdf") as pdf:
        assert len(pdf.pages) == 2
    with Image.open(tmp_path / "two.png") as image:
        assert image.size == pytest.approx((600, 827), abs=2)


async def test_a_received_file_that_is_no_fax_is_refused(pool, sample, tmp_path):
    with pytest.raises(RenderError):
        await pool.to_pdf(sample("logo.png").path, tmp_path / "out.pdf")

    assert not (tmp_path / "out.pdf").exists()


async def test_letters_of_many_scripts_are_no_boxes(pool, tmp_path):
    drawn = {}
    for letter in "日ポ한中繁👍🙂שع\U0010fffd":  # the last one is in no font
        page = f"<html><p style='font-size:40px'>{letter}</p>".encode()
        fax = await pool.render([a_file(tmp_path, "a.html", page)], FINE, tmp_path / "fax.tif")
        drawn[letter] = bits_of(fax.path)[0].tobytes()

    assert len(set(drawn.values())) == len(drawn)


async def test_once_is_enough_for_a_command(sample, tmp_path):
    documents = [sample("letter.odt"), sample("letter.pdf")]

    pages = await asyncio.to_thread(render_now, documents, FINE, tmp_path / "fax.tif")

    assert pages.page_count == 2
