"""Makes the sample documents anew: python samples/documents/make.py (needs LibreOffice and Ghostscript).

Everything in them is invented; names, numbers and pictures belong to nobody. Sizes and looks are kept, single
bytes may differ from run to run.
"""

from __future__ import annotations

import base64
import io
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import weasyprint
from PIL import Image, ImageDraw, ImageFont

from renderers import Profile, SourceDocument, render_now

HERE = Path(__file__).parent
_SEED = 20_261_122
_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"

_LETTER = """<style>@page{size:A4;margin:25mm 20mm} body{font:11pt/1.45 'Liberation Serif',serif}
.small{font-size:8pt;color:#555} h1{font-size:12pt}</style>
<p class=small>Brightwater Pumps Ltd · 12 Mill Lane · Harwick HK4 2QT</p>
<p>Northgate Dairy<br>Attn. Ms Ellen Farrow<br>Creamery Road 3<br>Oldbridge OB1 7AA</p>
<p style="text-align:right">22 November 2026</p>
<h1>Service visit to pump 7, order 4711-B</h1>
<p>Dear Ms Farrow,</p>
<p>thank you for your call of this morning. Our engineer, Mr Tom Alder, will be at your plant on
Thursday between
8:30 and 10:00. He brings the sealing kit (part 88-1042), two bearings and a new pressure gauge; the old
gauge stays
with you until the calibration office has confirmed the readings of October.</p>
<p>Please have the line drained and the valves V3 and V4 closed before he arrives. If the temperature of
the housing
is above 45 °C, let it cool down first: the sealing kit must not be fitted to a hot shaft.</p>
<p>The visit is covered by your maintenance contract. Parts that are not covered are listed with their
prices in the
enclosed invoice; nothing will be fitted without your signature.</p>
<p>Yours sincerely,</p><p style="margin-top:18mm">Judith Maren<br>Customer service</p>
<p class=small>Enclosure: invoice 2026-1187. Confirm by fax: +44 1632 960 118.</p>"""

_INVOICE_STYLE = """<style>@page{size:A4;margin:18mm} body{font:10pt 'Liberation Sans',sans-serif;color:#222}
header{background:#1f4e9c;color:#fff;padding:6mm;font-size:20pt} .grey{color:#777;font-size:7pt}
table{width:100%;border-collapse:collapse;margin:8mm 0} th{background:#2f6fd0;color:#fff;text-align:left}
td,th{padding:2mm} tr:nth-child(even) td{background:#e8eef8} .sum{font-weight:bold;border-top:2px solid
#1f4e9c}
.note{background:#fff3cd;color:#7a5b00;padding:3mm}</style>"""

_PARTS = (
    "Sealing kit 88-1042",
    "Ball bearing 6204",
    "Pressure gauge 0-10 bar",
    "Gasket set",
    "Coupling insert",
    "Grease, food grade, 400 g",
    "Shaft sleeve",
    "Impeller 120 mm",
    "Filter mesh",
    "Engineer, per hour",
)

_REPORT = """<html><head><meta charset=utf-8></head><body><h1>Pump 7: report of the visit</h1>
<p>On Thursday the sealing kit of pump 7 was replaced. The shaft showed light scoring and was polished;
the bearings
ran quietly afterwards. The pressure before and after the work is in the table.</p>
<table border=1 cellpadding=4 width="100%"><tr><th>Point</th><th>Before, bar</th><th>After,
bar</th><th>Limit</th></tr>
{rows}</table><p>The picture shows the pressure during the test run.</p><p><img
src="data:image/png;base64,{chart}" width=480></p>
<h2>What remains</h2><ul><li>Order a second gauge.</li><li>Check the valve V4 in spring.</li>
<li>Send the readings to the calibration office.</li></ul></body></html>"""


def main() -> None:
    """Writes every sample beside this file."""
    _pdf("letter.pdf", _LETTER)
    _pdf("invoice.pdf", _invoice())
    _text()
    _logo()
    _photo()
    _scan()
    _office()
    _spoiled()
    render_now([SourceDocument("letter.pdf", HERE / "letter.pdf")], Profile(), HERE / "fax.tif")


def _pdf(name: str, html: str) -> None:
    weasyprint.HTML(string=html).write_pdf(HERE / name)


def _invoice() -> str:
    rows = "".join(
        f"<tr><td>{n}<td>{part}<td>{n % 4 + 1}<td>{12.5 * n:.2f}<td>{12.5 * n * (n % 4 + 1):.2f}</tr>"
        for n, part in enumerate(_PARTS, 1)
    )
    return (
        f"{_INVOICE_STYLE}<header>Brightwater Pumps Ltd</header><h2>Invoice 2026-1187</h2>"
        "<p>Northgate Dairy, Creamery Road 3, Oldbridge OB1 7AA</p>"
        f"<table><tr><th>No<th>Item<th>Qty<th>Price<th>Total</tr>{rows}"
        "<tr class=sum><td colspan=4>Total, pounds<td>1 812.50</tr></table>"
        "<p class=note>Please pay within 30 days. Quote the invoice number.</p>"
        "<p class=grey>Brightwater Pumps Ltd, registered in Harwick, number 0099887. "
        "Terms of delivery: ex works. "
        "Goods remain our property until paid. All prices include value added tax at the legal rate.</p>"
    )


def _text() -> None:
    lines = [
        "Notes of the call with Northgate Dairy",
        "",
        "- Pump 7 leaks at the shaft, about a litre an hour.",
        "- Visit on Thursday, 8:30 to 10:00. Gate code from the porter.",
        "- Größe der Dichtung: 40 × 62 × 8 mm (Stück 3,20 €). Débit: 2 m³/h. Давление: 4 бар.",
        "",
        "Part\tQty\tPrice",
        "88-1042\t1\t86.40",
        "6204\t2\t12.10",
        "",
        "A line longer than eighty columns is wrapped at a word, so that nothing of it is lost at the edge "
        "of the paper, however long it may be.",
    ]
    (HERE / "notes.txt").write_text(
        "\n".join(lines) + "\n\fSecond page: call back on Friday.\n", encoding="utf-8"
    )


def _logo() -> None:
    image = Image.new("RGBA", (360, 120), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 8, 112, 112), fill=(31, 78, 156, 255))
    draw.ellipse((38, 38, 82, 82), fill=(255, 255, 255, 255))
    draw.text((128, 44), "BRIGHTWATER", font=ImageFont.truetype(_FONT, 25), fill=(31, 78, 156, 255))
    image.save(HERE / "logo.png", optimize=True)


def _photo() -> None:
    """A landscape of noise and hills: sky, haze, three ridges, a sun."""
    random = np.random.default_rng(_SEED)
    y, x = np.mgrid[0:900, 0:1200].astype(np.float64)
    picture = 235 - y * 0.12 + 20 * np.exp(-(((x - 850) ** 2 + (y - 180) ** 2) / 9000))
    for base, height, grey in ((420, 90, 165), (560, 120, 110), (720, 140, 55)):
        ridge = base + sum(height / k * np.sin(x / (310 / k) + base * k) for k in (1, 2.3, 5.1, 11.0)) / 2
        picture = np.where(y > ridge, grey + 25 * np.sin(x / 37 + y / 19) + (y - ridge) * 0.05, picture)
    picture += random.normal(0, 5, picture.shape)
    colour = np.stack([picture, picture * 0.98 + 3, picture * 0.92 + 14], axis=2)
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: the camera stored it lying on its side
    upright = Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8)).rotate(90, expand=True)
    upright.save(HERE / "photo.jpg", quality=82, exif=exif)


def _scan() -> None:
    """The letter as a worn office scanner sees it: grey paper, noise, askew, a shadow at the edge."""
    random = np.random.default_rng(_SEED)
    page = pypdfium2.PdfDocument(HERE / "letter.pdf")[0].render(scale=200 / 72, grayscale=True).to_pil()
    askew = page.convert("L").rotate(1.1, resample=Image.Resampling.BICUBIC, fillcolor=255)
    grey = np.asarray(askew).astype(np.float64) * 0.72 + 32
    x = np.linspace(0, 1, grey.shape[1])
    grey = grey * (0.86 + 0.14 * np.minimum(1, x * 6)) + random.normal(0, 6, grey.shape)
    jpeg = io.BytesIO()
    Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(jpeg, "JPEG", quality=60, dpi=(200, 200))
    with pikepdf.new() as pdf:
        image = pikepdf.Stream(
            pdf,
            jpeg.getvalue(),
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=grey.shape[1],
            Height=grey.shape[0],
            BitsPerComponent=8,
            ColorSpace=pikepdf.Name.DeviceGray,
            Filter=pikepdf.Name.DCTDecode,
        )
        sheet = pdf.add_blank_page(page_size=(595.28, 841.89))
        sheet.Contents = pikepdf.Stream(pdf, b"q 595.28 0 0 841.89 0 0 cm /Scan Do Q")
        sheet.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=image))
        pdf.save(HERE / "scan.pdf")


def _office() -> None:
    """report.docx and letter.odt, written by LibreOffice from HTML."""
    rows = "".join(
        f"<tr><td>{name}</td><td>{before}</td><td>{after}</td><td>6.0</td></tr>"
        for name, before, after in (
            ("Inlet", 2.1, 2.4),
            ("Outlet", 3.8, 5.2),
            ("Bypass", 1.1, 1.1),
            ("Test", 0.4, 4.9),
        )
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "report.html").write_text(_REPORT.format(rows=rows, chart=_chart()))
        (folder / "letter.html").write_text(f"<html><meta charset=utf-8><body>{_LETTER}</body></html>")
        for source, kind, writer in (("report", "odt", "writer8"), ("letter", "odt", "writer8")):
            _soffice(folder, f"{source}.html", f"{kind}:{writer}", "--infilter=HTML (StarWriter)")
        _soffice(folder, "report.odt", "docx:MS Word 2007 XML")
        (HERE / "report.docx").write_bytes((folder / "report.docx").read_bytes())
        (HERE / "letter.odt").write_bytes((folder / "letter.odt").read_bytes())


def _soffice(folder: Path, source: str, target: str, *more: str) -> None:
    command = ["soffice", "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}", *more]
    subprocess.run([*command, "--convert-to", target, "--outdir", folder, folder / source], check=True)


def _chart() -> str:
    """A curve as a PNG in base64."""
    image = Image.new("RGB", (960, 480), "white")
    draw = ImageDraw.Draw(image)
    face = ImageFont.truetype(_FONT, 20)
    draw.line((60, 20, 60, 420, 940, 420), fill="black", width=3)
    points = [(60 + 44 * n, 400 - 330 * (1 - 0.78**n)) for n in range(20)]
    draw.polygon([(60, 420), *points, (896, 420)], fill=(190, 210, 245))
    draw.line(points, fill=(20, 70, 160), width=5)
    draw.text((400, 440), "minutes", font=face, fill="black")
    draw.text((80, 20), "bar", font=face, fill="black")
    png = io.BytesIO()
    image.save(png, "PNG", optimize=True)
    return base64.b64encode(png.getvalue()).decode()


def _spoiled() -> None:
    """Files that cannot be faxed, to try the answers their senders get."""
    with pikepdf.open(HERE / "letter.pdf") as pdf:
        pdf.save(HERE / "encrypted.pdf", encryption=pikepdf.Encryption(owner="owner", user="secret", R=6))
    (HERE / "broken.pdf").write_bytes(b"%PDF-1.7\n" + (HERE / "letter.pdf").read_bytes()[3000:5000])


if __name__ == "__main__":
    main()
