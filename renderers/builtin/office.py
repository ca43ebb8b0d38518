"""Word, Excel, PowerPoint, OpenDocument, RTF and CSV, through the LibreOffice that is kept warm.

The worker speaks to it through a socket in the file system (office_driver.py is the other end): a request
is one line of JSON, so is the answer, and the connection is closed after it.
"""

from __future__ import annotations

import codecs
import json
import shutil
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path

from renderers import media_type as kind
from renderers.builtin.pdf import pdf_pages
from renderers.document import SourceDocument
from renderers.errors import (
    ConverterCrashed,
    ConverterMissing,
    ConverterTimedOut,
    DocumentDamaged,
    DocumentProtected,
    DocumentTooLarge,
    RenderError,
)
from renderers.spec import BUILTIN, NOT_MINE, RasterPage, Workshop
from renderers.unix_address import unix_address

#: The filter LibreOffice shall read each kind with: naming it keeps a file from passing for another kind.
FILTERS = {
    kind.DOCX: "MS Word 2007 XML",
    kind.DOC: "MS Word 97",
    kind.RTF: "Rich Text Format",
    kind.ODT: "writer8",
    kind.XLSX: "Calc MS Excel 2007 XML",
    kind.XLS: "MS Excel 97",
    kind.ODS: "calc8",
    kind.CSV: "Text - txt - csv (StarCalc)",
    kind.PPTX: "Impress MS PowerPoint 2007 XML",
    kind.PPT: "MS PowerPoint 97",
    kind.ODP: "impress8",
    kind.ODG: "draw8",
}
#: Unpacked, a document may be this large and have so many parts: a small file can unpack to terabytes.
MOST_UNPACKED, MOST_PARTS = 300_000_000, 10_000
PACKAGES = "libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui python3-uno"

_ERRORS: dict[str, type[RenderError]] = {
    "damaged": DocumentDamaged,
    "timed-out": ConverterTimedOut,
    "crashed": ConverterCrashed,
}


class OfficeRenderer:
    """What LibreOffice reads. Macros never run, links are not followed, tracked changes print as shown."""

    name = "office"

    def score(self, document: SourceDocument) -> int:
        """Accepts office documents."""
        return BUILTIN if document.media_type in FILTERS else NOT_MINE

    def pages(self, document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
        """The pages LibreOffice would print."""
        refuse_bomb(document)
        return pdf_pages(converted(document, workshop), document.name, workshop.profile)


def refuse_bomb(
    document: SourceDocument, *, most_unpacked: int = MOST_UNPACKED, most_parts: int = MOST_PARTS
) -> None:
    """Returns when the document, unpacked, is of a bearable size.

    Raises:
        DocumentTooLarge, DocumentDamaged
    """
    if not zipfile.is_zipfile(document.path):
        return
    try:
        with zipfile.ZipFile(document.path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise DocumentDamaged(document.name, detail=str(error)) from error
    unpacked = sum(part.file_size for part in parts)
    if unpacked > most_unpacked or len(parts) > most_parts:
        raise DocumentTooLarge(document.name, detail=f"{len(parts)} parts, {unpacked} bytes unpacked")


def converted(document: SourceDocument, workshop: Workshop) -> Path:
    """The document as a PDF in the workshop's folder.

    Raises:
        ConverterMissing, ConverterTimedOut, ConverterCrashed, DocumentProtected, DocumentDamaged
    """
    if workshop.office_socket is None:
        raise ConverterMissing.needs("LibreOffice", PACKAGES, document.name)
    # LibreOffice sees nothing outside of the pool's folder (landlock.py).
    source, target = workshop.folder / "office-source", workshop.folder / "office.pdf"
    shutil.copyfile(document.path, source)
    request = {
        "source": str(source),
        "target": str(target),
        "filter": FILTERS[document.media_type or ""],
        "options": _csv_options(document.path) if document.media_type == kind.CSV else "",
        "pages": workshop.profile.page_limit + 1,
        "seconds": workshop.office_seconds,
    }
    answer = _ask(workshop.office_socket, request, document.name)
    outcome = str(answer.get("outcome"))
    if outcome != "converted":
        error = _ERRORS.get(outcome, ConverterCrashed)
        if error is DocumentDamaged and looks_encrypted(document.path):
            error = DocumentProtected
        raise error(document.name, detail=f"LibreOffice: {answer.get('detail', '')}")
    return target


def looks_encrypted(path: Path) -> bool:
    """Whether a Word, Excel or PowerPoint file of the old kind says that it is encrypted.

    Asked only when LibreOffice could not open it: some files are encrypted with a password everyone knows.
    Spec: [MS-DOC] 2.5.2 (fEncrypted), [MS-XLS] 2.4.117 (FilePass after BOF), [MS-PPT] (EncryptedSummary).
    """
    with path.open("rb") as file:
        data = file.read(20_000_000)
    fib = data.find(b"\xec\xa5", 512)
    bof = data.find(b"\x09\x08\x10\0\0\x06\x05\0", 512)
    flags = data[fib + 11 : fib + 12] if fib >= 0 and fib % 64 == 0 else b""
    after_bof = data[bof + 20 : bof + 22] if bof >= 0 else b""
    summary = "EncryptedSummary".encode("utf-16-le") in data
    return summary or after_bof == b"\x2f\0" or (bool(flags) and bool(flags[0] & 1))


def _csv_options(path: Path) -> str:
    """LibreOffice's import options: separator, quote, charset (76 = UTF-8, 1 = Windows-1252), first line."""
    with path.open("rb") as file:
        head = file.read(65_536)
    first = head.partition(b"\n")[0]
    separator = max(b";\t,", key=first.count)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return f"{separator},34,1,1"
    return f"{separator},34,76,1"


def _ask(path: Path, request: dict[str, object], name: str) -> dict[str, object]:
    with socket.socket(socket.AF_UNIX) as office:
        try:
            with unix_address(path) as address:
                office.connect(address)
            office.sendall(json.dumps(request).encode() + b"\n")
            with office.makefile("rb") as answers:
                line = answers.readline(65_536)
            return dict(json.loads(line))
        except (OSError, ValueError) as error:
            raise ConverterCrashed(name, detail=f"LibreOffice's driver: {error}") from error
