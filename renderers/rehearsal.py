"""What the pool does before the first document comes, so that no worker has to load or draw it again."""

from __future__ import annotations

import contextlib
import gc
from pathlib import Path

from PIL import Image

from renderers import header, landlock, pipeline, registry, seccomp, viewing, work
from renderers.document import SourceDocument
from renderers.errors import RenderError
from renderers.profile import Profile
from renderers.spec import Workshop

#: Documents that need no LibreOffice; their letters are drawn once and for all.
_DOCUMENTS = (
    ("a.txt", bytes(range(32, 127)) + bytes(range(160, 256))),
    ("a.html", b"<html><p>&Auml;rger <b>and</b> <i>more</i>"),
    (
        "a.svg",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
    ),
    (
        "a.ics",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260101T120000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    ),
)
#: Fonts that need not be in a PDF, and one that has to be looked for on the system.
_FONTS = ("Helvetica", "Helvetica-Bold", "Times-Roman", "Courier", "Arial")


def load_everything(folder: Path) -> None:
    """What workers need is in memory, and what is there now is never looked through for garbage again."""
    registry.all_renderers()
    landlock.system_places()
    seccomp.prepare()
    with contextlib.suppress(RenderError):
        _rehearse(folder)
    gc.collect()
    gc.freeze()


def a_pdf(folder: Path) -> work.Job:
    """The job of a PDF, written into the folder, that has letters of fonts which are not in it."""
    path = folder / "rehearsal.pdf"
    path.write_bytes(_pdf_of_letters())
    return {
        "verb": "render",
        "out": str(folder / "rehearsal.tif"),
        "documents": [work.document_to_wire(SourceDocument("rehearsal.pdf", path))],
        "profile": work.profile_to_wire(Profile()),
    }


def _pdf_of_letters() -> bytes:
    letters = bytes(code for code in range(32, 127) if chr(code) not in "()\\")
    lines = [
        b"BT /F%d 9 Tf 20 %d Td (%s) Tj ET" % (number, 800 - 30 * number, letters)
        for number in range(len(_FONTS))
    ]
    fonts = b" ".join(
        b"/F%d << /Type /Font /Subtype /Type1 /BaseFont /%s >>" % (number, name.encode())
        for number, name in enumerate(_FONTS)
    )
    content = b"\n".join(lines)
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << "
        + fonts
        + b" >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    )
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def _rehearse(folder: Path) -> None:
    """One page of each kind that needs no LibreOffice, through every function: loads fonts and libraries."""
    Image.init()
    sources = []
    for name, content in _DOCUMENTS:
        (folder / name).write_bytes(content)
        sources.append(SourceDocument(name, folder / name))
    Image.new("RGB", (300, 300), "gray").save(folder / "a.jpg", dpi=(200, 200))
    sources.append(SourceDocument("a.jpg", folder / "a.jpg"))
    pages = pipeline.render(sources, folder / "a.tif", Workshop(Profile(), folder))
    header.stamp(pages.path, folder / "b.tif", ["Page"] * pages.page_count)
    viewing.to_pdf(pages.path, folder / "b.pdf")
    viewing.picture(pages.path, folder / "b.png")
    for file in folder.glob("[ab].*"):
        file.unlink()
