"""Documents to judge legibility by: PDFs with the words that stand on them.

Some are made here by LibreOffice and WeasyPrint out of a licence's text, one for each way in which text is
hard to fax; the others are manuals and templates as Debian's packages bring them, whose words poppler tells.
"""

from __future__ import annotations

import base64
import gzip
import io
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import weasyprint
from PIL import Image

ROOT = Path(__file__).parents[2]
LICENCE = Path("/usr/share/common-licenses/GPL-2")
PHOTO = ROOT / "samples" / "documents" / "photo.jpg"
#: Manuals that Debian's packages bring, and the page that is looked at.
SHIPPED = (
    ("manual, bzip2", Path("/usr/share/doc/bzip2/manual.pdf.gz"), 6),
    ("manual, fontconfig", Path("/usr/share/doc/fontconfig/fontconfig-user.pdf.gz"), 3),
    ("manual, shared-mime-info", Path("/usr/share/doc/shared-mime-info/shared-mime-info-spec.pdf"), 5),
    ("manual, zlib", Path("/usr/share/doc/zlib1g-dev/crc-doc.1.0.pdf.gz"), 4),
)
#: LibreOffice's own templates, with coloured areas, lines and headings.
_TEMPLATES = Path("/usr/lib/libreoffice/share/template/common")
TEMPLATES = (
    ("template, letter", _TEMPLATES / "officorr/Modern_business_letter_serif.ott"),
    ("template, colourful agenda", _TEMPLATES / "wizard/agenda/aw-9colorful.ott"),
    ("template, grey agenda", _TEMPLATES / "wizard/agenda/aw-10grey.ott"),
    ("template, fax", _TEMPLATES / "wizard/fax/bus-modern_f.ott"),
)
#: Each type: what its paragraphs look like, as CSS that LibreOffice reads, too.
STYLES = {
    "black, fonts and sizes": [
        f"font: {size}pt '{family}'"
        for family in ("Liberation Serif", "Liberation Sans", "DejaVu Sans Mono")
        for size in (7, 8, 10, 12)
    ],
    "grey": [f"color: {grey}" for grey in ("#333333", "#555555", "#777777", "#999999")] * 3,
    "light grey on white": [f"color: {grey}" for grey in ("#aaaaaa", "#b8b8b8", "#c4c4c4")] * 3,
    "colours": [
        f"color: {ink}"
        for ink in ("#c00000", "#ff0000", "#ff8000", "#008000", "#0000ff", "#00a0c0", "#a000a0")
    ],
    "dark on tint": [
        f"color: {ink}; background: {ground}"
        for ink, ground in (
            ("#000000", "#ffe0a0"),
            ("#000000", "#c0c0c0"),
            ("#202060", "#a0c8ff"),
            ("#800000", "#ffb0b0"),
            ("#404040", "#d0e8d0"),
        )
    ]
    * 2,
    "dark on dark tint": [
        f"color: {ink}; background: {ground}"
        for ink, ground in (
            ("#000000", "#909090"),
            ("#000060", "#6080d0"),
            ("#400000", "#d06060"),
            ("#003000", "#50a050"),
            ("#000000", "#777777"),
        )
    ]
    * 2,
    "light on dark": [
        f"color: {ink}; background: {ground}"
        for ink, ground in (
            ("#ffffff", "#000000"),
            ("#ffffff", "#1f3864"),
            ("#ffffff", "#c00000"),
            ("#ffffff", "#70ad47"),
            ("#ffffff", "#ed7d31"),
            ("#ffff80", "#305090"),
            ("#a0a0a0", "#202020"),
        )
    ],
}


@dataclass(frozen=True)
class Page:
    """A PDF of one page, and what is written on it."""

    kind: str
    pdf: Path
    words: str


def corpus(folder: Path) -> Iterator[Page]:
    """All documents, made below `folder`."""
    for kind, styles in STYLES.items():
        yield _made(folder, kind, "".join(_paragraph(n, style) for n, style in enumerate(styles)))
    yield _made(folder, "table, thin grey lines", _table("#b0b0b0"))
    photo = base64.b64encode(_small_photo()).decode()
    caption = f"<p><img width=400 height=300 src='data:image/jpeg;base64,{photo}'></p>"
    yield _made(folder, "photo with caption", _paragraph(0, "") + caption + _paragraph(1, "font-size: 8pt"))
    ground = "background: linear-gradient(90deg, #204080, #80a0d0); color: white; padding: 2mm; width: 60%"
    gradient = "".join(f"<div style='{ground}'>{prose(n)}</div><br>" for n in range(5))
    yield _weasyprinted(folder, "white on a gradient", gradient)
    yield _weasyprinted(folder, "text across a watermark", _watermark("#a0a0a0"))
    yield _weasyprinted(folder, "highlighted words", "".join(_highlighted(n) for n in range(12)))
    yield _screen(folder)
    letter = _made(folder, "letter", "".join(_paragraph(n, "") for n in range(8)))
    yield _scanned(letter, folder / "scan.pdf")
    yield _photographed(letter, folder / "photographed.pdf")
    for kind, colour in (("white on a photograph", "white"), ("black on a photograph", "black")):
        place = "position: fixed; z-index: -1; top: 0; left: 0; width: 100%; height: 100%"
        ground = f"<style>p {{ color: {colour} }}</style><img src='{PHOTO.as_uri()}' style='{place}'>"
        yield _weasyprinted(folder, kind, ground + "".join(_paragraph(n, "width: 60%") for n in range(8)))
    for kind, path in TEMPLATES:
        yield _told(kind, _office(path, folder))
    for kind, path, number in SHIPPED:
        if path.exists():
            yield _told(kind, _one_page(path, number, folder))


def prose(number: int) -> str:
    """A few lines of prose, other ones for each number."""
    words = re.findall(r"[A-Za-z,.]+", LICENCE.read_text())[400:]
    return " ".join(words[number * 26 : number * 26 + 26])


def _paragraph(number: int, style: str) -> str:
    return f"<p style=\"font: 10pt 'Liberation Sans'; {style}\">{prose(number)}</p>"


def _watermark(grey: str) -> str:
    """Paragraphs, and a word of this grey across the page behind them."""
    place = (
        "position: fixed; z-index: -1; top: 38%; width: 100%; text-align: center; transform: rotate(-45deg)"
    )
    word = f"<div style='{place}; font: bold 110pt Liberation Sans; color: {grey}'>DRAFT</div>"
    return word + "".join(_paragraph(n, "") for n in range(12))


def _highlighted(number: int) -> str:
    """A paragraph in which every other five words stand on one of Word's darker colours."""
    colour = ("#808080", "#00ff00", "#ff0000", "#a6a6a6")[number % 4]
    words = prose(number).split()
    fives = [" ".join(words[n : n + 5]) for n in range(0, len(words), 5)]
    marked = (f"<span style='background: {colour}'>{five}</span>" for five in fives[1::2])
    return f"<p>{' '.join(next(marked) if n % 2 else five for n, five in enumerate(fives))}</p>"


def _screen(folder: Path) -> Page:
    """A picture of a screen in its dark mode, of 1280 dots across."""
    style = "@page { size: 1280px 1600px; margin: 30px; background: #1e1e1e } p { font: 14px DejaVu Sans }"
    inks = ("#d4d4d4", "#569cd6", "#6a9955", "#ce9178")
    body = "".join(f"<p style='color: {inks[n % 4]}'>{prose(n)}</p>" for n in range(24))
    path = folder / "screen.pdf"
    weasyprint.HTML(string=f"<style>{style}</style>{body}").write_pdf(path)
    words = _told("screen", path).words
    subprocess.run(["pdftoppm", "-png", "-r", "96", "-singlefile", path, path.with_suffix("")], check=True)
    with Image.open(path.with_suffix(".png")) as image:
        image.convert("RGB").save(path, resolution=155)
    return Page("screen in dark mode", path, words)


def _table(line: str) -> str:
    cell = f"border: 0.4pt solid {line}; font: 9pt Liberation Sans; padding: 1mm"
    words = [prose(number).split() for number in range(8)]
    rows = "".join(
        "<tr>"
        + "".join(f"<td style='{cell}'>{' '.join(row[n : n + 6])}</td>" for n in (0, 6, 12, 18))
        + "</tr>"
        for row in words
    )
    return f"<table style='border-collapse: collapse' width='100%'>{rows}</table>"


def _small_photo() -> bytes:
    out = io.BytesIO()
    with Image.open(PHOTO) as photo:
        photo.resize((800, 600)).save(out, "JPEG")
    return out.getvalue()


def _made(folder: Path, kind: str, body: str) -> Page:
    """The body as a page by LibreOffice."""
    path = folder / f"{re.sub('[^a-z]+', '-', kind)}.html"
    path.write_text(f"<html><head><meta charset=utf-8></head><body>{body}</body></html>")
    return _told(kind, _office(path, folder))


def _weasyprinted(folder: Path, kind: str, body: str) -> Page:
    path = folder / f"{re.sub('[^a-z]+', '-', kind)}.pdf"
    style = "<style>@page { size: A4; margin: 2cm } div { font: 11pt Liberation Sans }</style>"
    weasyprint.HTML(string=style + body).write_pdf(path)
    return _told(kind, path)


def _office(path: Path, folder: Path) -> Path:
    """The first page of what LibreOffice makes of a file."""
    how = ["--infilter=HTML (StarWriter)"] if path.suffix == ".html" else []
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    command += [*how, "--convert-to", "pdf:writer_pdf_Export", "--outdir", str(folder / "office"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return _one_page(folder / "office" / f"{path.stem}.pdf", 1, folder)


def _one_page(path: Path, number: int, folder: Path) -> Path:
    source = folder / "whole.pdf"
    source.write_bytes(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    out = folder / f"{path.name.partition('.')[0]}-{number}.pdf"
    command = ["pdfseparate", "-f", str(number), "-l", str(number), source, out]
    subprocess.run(command, check=True, capture_output=True)
    return out


def _told(kind: str, pdf: Path) -> Page:
    command = ["pdftotext", "-raw", "-enc", "UTF-8", pdf, "-"]
    return Page(kind, pdf, subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _scanned(page: Page, out: Path) -> Page:
    """The page as a scanner with grey paper, some noise and a shadow gives it: one JPEG of 200 dpi."""
    command = ["pdftoppm", "-gray", "-r", "200", "-singlefile", page.pdf, out.with_suffix("")]
    subprocess.run(command, check=True)
    with Image.open(out.with_suffix(".pgm")) as image:
        gray = np.asarray(image.rotate(0.4, Image.Resampling.BICUBIC, fillcolor=255)).astype(float)
    noise = np.random.default_rng(1).normal(0, 6, gray.shape)
    light = np.linspace(0.7, 0.95, gray.shape[1])
    scan = np.clip((40 + gray * 0.8) * light + noise, 0, 255).astype(np.uint8)
    Image.fromarray(scan).save(out, resolution=200, quality=75)
    return Page("scan, grey paper", out, page.words)


def _photographed(page: Page, out: Path) -> Page:
    """The page as a telephone sees it on a table: slanted, in uneven light, with the shadow of a hand."""
    command = ["pdftoppm", "-gray", "-r", "250", "-singlefile", page.pdf, out.with_suffix("")]
    subprocess.run(command, check=True)
    with Image.open(out.with_suffix(".pgm")) as image:
        width, height = image.size
        corners = (-200, -250, -80, height + 200, width + 150, height + 260, width + 220, -180)
        seen = image.transform(
            image.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=70
        )
        gray = np.asarray(seen).astype(float)
    down, across = (np.linspace(0, 1, size) for size in gray.shape)
    light = np.add.outer(-0.3 * down, 0.85 - 0.1 * across) * np.where(
        np.add.outer(0.6 * down, across) > 1, 0.45, 1
    )
    noise = np.random.default_rng(2).normal(0, 4, gray.shape)
    Image.fromarray(np.clip(gray * light + noise, 0, 255).astype(np.uint8)).save(
        out, resolution=250, quality=85
    )
    return Page("photograph of a page", out, page.words)
