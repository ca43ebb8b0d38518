"""Documents of every kind that want to read files of this machine or call somebody: they get nothing.

What LibreOffice and WeasyPrint would do elsewhere is shown in test_sandbox.py.
"""

import socketserver
import zipfile
from pathlib import Path

import pikepdf
import pytest
from openpyxl import Workbook
from PIL import Image

from renderers import Profile, SourceDocument
from tests.integration.renderers.test_documents import words_on
from tests.integration.renderers.test_sandbox import Listener, listener
from tests.unit.renderers.pages import bits_of, black_dots

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]

__all__ = ["listener"]

_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_NAMES = "".join(
    f' xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "table", "text", "drawing", "presentation")
)
_NAMES += f' xmlns:draw="{_ODF}:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
_NAMES += f' xmlns:svg="{_ODF}:svg-compatible:1.0" xmlns:of="{_ODF}:of:1.2"'
_SIMPLE = 'xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"'


def an_opendocument(path: Path, kind: str, body: str) -> None:
    kind = f"application/vnd.oasis.opendocument.{kind}"
    manifest = (
        f'<m:manifest xmlns:m="{_ODF}:manifest:1.0"><m:file-entry m:full-path="/" m:media-type="{kind}"/>'
        '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>'
    )
    content = (
        f"<office:document-content{_NAMES} office:version='1.2'>"
        f"<office:body>{body}</office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)


def a_spreadsheet(path: Path, file: str, url: str) -> None:
    source = (
        f'<table:table-source xlink:type="simple" xlink:href="{file}.csv" '
        'table:filter-name="Text - txt - csv (StarCalc)"/>'
    )
    formulas = (f"of:=['{file}.csv'#$secret.A1]", f'of:=WEBSERVICE("{url}")', f'of:=WEBSERVICE("{file}.csv")')
    cells = "".join(
        f"<table:table-cell table:formula='{formula.replace(chr(39), '&apos;')}'/>" for formula in formulas
    )
    body = (
        '<office:spreadsheet><table:table table:name="a"><table:table-row>'
        '<table:table-cell office:value-type="string">'
        f"<text:p>Total</text:p></table:table-cell>{cells}</table:table-row></table:table>"
        f'<table:table table:name="b">{source}<table:table-row><table:table-cell/></table:table-row>'
        "</table:table>"
        "</office:spreadsheet>"
    )
    an_opendocument(path, "spreadsheet", body)


def a_text(path: Path, file: str, url: str) -> None:
    sections = "".join(
        f'<text:section text:name="s{n}"><text:section-source {_SIMPLE} xlink:href="{link}"/>'
        "<text:p>Total</text:p></text:section>"
        for n, link in enumerate((f"{file}.txt", url))
    )
    an_opendocument(path, "text", f"<office:text>{sections}</office:text>")


def some_slides(path: Path, file: str, url: str) -> None:
    frames = "".join(
        '<draw:frame svg:x="2cm" svg:y="2cm" svg:width="20cm" svg:height="10cm">'
        f'<draw:{what} {_SIMPLE} xlink:href="{link}"/></draw:frame>'
        for what, link in (("image", f"{file}.png"), ("image", url), ("object", url), ("plugin", url))
    )
    frames += (
        '<draw:frame svg:x="2cm" svg:y="13cm" svg:width="20cm" svg:height="2cm"><draw:text-box>'
        "<text:p>Total</text:p></draw:text-box></draw:frame>"
    )
    page = f'<draw:page draw:name="one">{frames}</draw:page>'
    an_opendocument(path, "presentation", f"<office:presentation>{page}</office:presentation>")


def a_workbook(path: Path, file: str, url: str) -> None:
    book = Workbook()
    cells = (
        "Total",
        f'=WEBSERVICE("{url}")',
        f'=WEBSERVICE("{file}.csv")',
        f"='{file}.csv'!A1",
        f'=cmd|"/c {url}"!A1',
    )
    for cell in cells:
        book.active.append([cell])
    book.save(path)


def a_csv(path: Path, file: str, url: str) -> None:
    path.write_text(
        f'Total\n=WEBSERVICE("{url}")\n"=\'{file}.csv\'#$secret.A1"\n=DDE("soffice";"{file}.csv";"A1")\n'
    )


def an_rtf(path: Path, file: str, url: str) -> None:
    fields = "".join(
        rf'{{\field{{\*\fldinst {{ {what} "{link}" }}}}{{\fldrslt x}}}}\par '
        for what in ("INCLUDEPICTURE", "INCLUDETEXT", "LINK Excel.Sheet.8")
        for link in (f"{file}.png", f"{file}.txt", url)
    )
    path.write_text(rf"{{\rtf1\ansi{{\*\template {url}}} Total\par {fields}}}")


def a_pdf(path: Path, file: str, url: str) -> None:
    name, words = pikepdf.Name, pikepdf.String
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Contents = pikepdf.Stream(pdf, b"0 g 100 700 20 20 re f")
        actions = [
            {"S": name.Launch, "F": words(f"{file}.txt")},
            {"S": name.URI, "URI": words(url)},
            {"S": name.GoToR, "F": words(f"{file}.txt"), "D": [0, name.Fit]},
            {"S": name.SubmitForm, "F": pikepdf.Dictionary(FS=name.URL, F=words(url)), "Flags": 4},
            {"S": name.ImportData, "F": words(f"{file}.txt")},
            {"S": name.JavaScript, "JS": words(f"app.launchURL('{url}'); this.submitForm('{url}');")},
        ]
        made = [pdf.make_indirect(pikepdf.Dictionary(Type=name.Action, **action)) for action in actions]
        pdf.Root.OpenAction = made[-1]
        pdf.Root.AA = pikepdf.Dictionary(WP=made[0], DP=made[1])
        page.AA = pikepdf.Dictionary(O=made[3], C=made[4])
        pdf.Root.URI = pikepdf.Dictionary(Base=words(url))
        outside = pikepdf.Stream(pdf, b"", F=words(f"{file}.png"), FFilter=name.DCTDecode)
        outside.Type, outside.Subtype, outside.Width, outside.Height = name.XObject, name.Image, 800, 800
        outside.ColorSpace, outside.BitsPerComponent = name.DeviceGray, 8
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=outside))
        page.contents_add(pikepdf.Stream(pdf, b"q 400 0 0 400 100 200 cm /I Do Q 100 200 5 5 re f"))
        pdf.save(path)


def some_html(path: Path, file: str, url: str) -> None:
    path.write_text(
        f"<html><head><base href='{file}'><meta http-equiv=refresh content='0;{url}'>"
        f"<link rel=stylesheet href='{url}'><style>@import '{url}'; p {{ font-family: a }}"
        f"@font-face {{ font-family: a; src: url({url}) }}</style></head>"
        f"<p>Total<iframe src='{file}.txt'></iframe><embed src='{file}.txt'>"
        f"<object data='{file}.png'></object><img src='{file}.png'><img srcset='{url}'>"
        f"<video poster='{url}'></video><script src='{url}'></script>"
        f"<svg width=9 height=9><image href='{file}.png'/><use href='{url}#a'/></svg>"
    )


def a_drawing(path: Path, file: str, url: str) -> None:
    path.write_text(
        f"<?xml-stylesheet href='{url}'?><svg xmlns='http://www.w3.org/2000/svg' width='500' height='500' "
        f"xmlns:xlink='http://www.w3.org/1999/xlink'><style>@import url({url});</style>"
        f"<image xlink:href='{file}.png' width='400' height='400'/><image href='{url}' width='9' height='9'/>"
        f"<use href='{file}.svg#a'/><text x='20' y='40' font-size='30'>Total</text>"
        f"<rect fill='url({url}#a)' width='9' height='9'/><script href='{url}'/></svg>"
    )


SPIES = {
    "a.ods": a_spreadsheet,
    "a.odt": a_text,
    "a.odp": some_slides,
    "a.xlsx": a_workbook,
    "a.csv": a_csv,
    "a.rtf": an_rtf,
    "a.pdf": a_pdf,
    "a.html": some_html,
    "a.svg": a_drawing,
}


@pytest.mark.parametrize("name", SPIES)
async def test_a_document_reads_no_file_and_calls_nobody(pool, listener: Listener, tmp_path, name):
    assert isinstance(listener, socketserver.TCPServer)
    Image.new("L", (800, 800), 0).save(tmp_path / "secret.png")
    for kind in ("txt", "csv"):
        (tmp_path / f"secret.{kind}").write_text("Zebrafish\n")
    SPIES[name](tmp_path / name, (tmp_path / "secret").as_uri(), f"http://127.0.0.1:{listener.port}/x")

    fax = await pool.render([SourceDocument(name, tmp_path / name)], Profile(), tmp_path / "fax.tif")

    assert 50 < black_dots(bits_of(fax.path)[0]) < 30_000
    assert "Zebrafish" not in words_on(fax.path, tmp_path)
    assert not listener.was_called()
