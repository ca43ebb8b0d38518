"""Word, Excel, PowerPoint, Visio, Publisher, OpenDocument, RTF, CSV ... through a LibreOffice kept warm.

The worker speaks to it through a socket in the file system (office_driver.py is the other end): a request
is one line of JSON; one comes back when it is its turn, and another one with what became of it.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import struct
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import numpy as np

from renderers import compound_file, office_wait
from renderers import media_type as kind
from renderers.builtin import flat_package
from renderers.builtin.pdf import pdf_pages
from renderers.charset import decoded
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
    kind.XLSB: "Calc MS Excel 2007 Binary",
    kind.CSV: "Text - txt - csv (StarCalc)",
    kind.PPTX: "Impress MS PowerPoint 2007 XML",
    kind.PPT: "MS PowerPoint 97",
    kind.ODP: "impress8",
    kind.ODG: "draw8",
    kind.FODT: "OpenDocument Text Flat XML",
    kind.FODS: "OpenDocument Spreadsheet Flat XML",
    kind.FODP: "OpenDocument Presentation Flat XML",
    kind.FODG: "OpenDocument Drawing Flat XML",
    kind.WORD_XML: "MS Word 2003 XML",
    kind.EXCEL_XML: "MS Excel 2003 XML",
    kind.WORD_PACKAGE: "MS Word 2007 XML",
    kind.SLIDES_PACKAGE: "Impress MS PowerPoint 2007 XML",
    kind.WORDPERFECT: "WordPerfect",
    kind.WORD_2: "MS WinWord 5",
    kind.VISIO: "Visio Document",
    kind.PUBLISHER: "Publisher Document",
    kind.EMF: "EMF - MS Windows Metafile",
    kind.WMF: "WMF - MS Windows Metafile",
    kind.SYLK: "SYLK",
    kind.DIF: "DIF",
    kind.LOTUS: "Lotus",
}
_PACKAGES = frozenset((kind.WORD_PACKAGE, kind.SLIDES_PACKAGE))
#: Word 6 and 95 name themselves by the first bytes of their text ([MS-DOC] 2.5.2 has those of later ones).
_WORD_95, _OF_WORD_95 = b"\xdc\xa5", "MS Word 95"
#: Unpacked, a document may be this large and have so many parts: a small file can unpack to terabytes.
MOST_UNPACKED, MOST_PARTS = 300_000_000, 10_000
_DEEPEST_GROUP = 2_000
_ENCRYPTED_SLIDES = struct.pack("<I", 0xF3D1C4DF)
#: Columns of a LibreOffice sheet; characters and lines that tell what separates cells.
_MOST_COLUMNS, _LOOKED_AT, _LINES_LOOKED_AT = 1024, 100_000, 50
_IN_QUOTES = re.compile(r'"[^"]*"')
_WORKBOOKS = ("Workbook", "Book", "WORKBOOK", "BOOK")
_FILE_PASS, _END_OF_SHEET = 0x2F, 0x0A
_SHORTEST_WAIT, _LONGEST_ANSWER = 1.0, 65_536  # seconds, bytes
PACKAGES = (
    "libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui libreoffice-math-nogui "
    "python3-uno"
)

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
    if document.media_type == kind.RTF:
        _refuse_nest(document)
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


def _refuse_nest(document: SourceDocument) -> None:
    """Returns when the groups of an RTF are not nested so deeply that LibreOffice is busy to the end."""
    data = document.path.read_bytes()
    for escaped in (rb"\\", rb"\{", rb"\}"):
        data = data.replace(escaped, b"")
    letters = np.frombuffer(data, np.uint8)
    steps = (letters == ord("{")).astype(np.int32) - (letters == ord("}"))
    if steps.cumsum().max(initial=0) > _DEEPEST_GROUP:
        raise DocumentTooLarge.nested(document.name, f"groups {_DEEPEST_GROUP} deep")


def converted(document: SourceDocument, workshop: Workshop) -> Path:
    """The document as a PDF in the workshop's folder.

    Raises:
        ConverterMissing, ConverterTimedOut, ConverterCrashed, DocumentProtected, DocumentDamaged
    """
    if workshop.office_socket is None:
        raise ConverterMissing.needs("LibreOffice", PACKAGES, document.name)
    # LibreOffice sees nothing outside of the pool's folder (landlock.py). Fields may show the file's name.
    source, target = workshop.folder / "office" / _file_name(document.name), workshop.folder / "office.pdf"
    source.parent.mkdir(exist_ok=True)
    is_csv = document.media_type == kind.CSV
    options, has_tall_rows = "", False
    if is_csv:
        options, has_tall_rows = _tidy_csv(document, source)
    elif document.media_type in _PACKAGES:
        _write_archive(document, source)
    else:
        shutil.copyfile(document.path, source)
    request = {
        "source": str(source),
        "target": str(target),
        "filter": _filter_for(document),
        "options": options,
        "fit": is_csv,
        "tall": has_tall_rows,
        "pages": workshop.profile.most_drawn + 1,
        "seconds": workshop.office_seconds,
    }
    answer = _ask(workshop, request, document.name)
    outcome = str(answer.get("outcome"))
    if outcome != "converted":
        error = _ERRORS.get(outcome, ConverterCrashed)
        if error is DocumentDamaged and looks_encrypted(document.path):
            error = DocumentProtected
        raise error(document.name, detail=f"LibreOffice: {answer.get('detail', '')}")
    return target


def _write_archive(document: SourceDocument, target: Path) -> None:
    try:
        flat_package.write_archive(document.path, target)
    except ValueError as error:
        raise DocumentDamaged(document.name, detail=str(error)) from error


def _filter_for(document: SourceDocument) -> str:
    if document.media_type == kind.DOC:
        with contextlib.suppress(ValueError):
            streams = compound_file.opened(document.path.read_bytes()).streams
            if streams.get("WordDocument", b"").startswith(_WORD_95):
                return _OF_WORD_95
    return FILTERS[document.media_type or ""]


def looks_encrypted(path: Path) -> bool:
    """Whether a Word, Excel or PowerPoint file of the old kind says that it is encrypted.

    Asked only when LibreOffice could not open it: some files are encrypted with a password everyone knows.
    Spec: [MS-DOC] 2.5.2 (fEncrypted), [MS-XLS] 2.4.117 (FilePass), [MS-PPT] 2.3.2 (headerToken).
    """
    try:
        streams = compound_file.opened(path.read_bytes()).streams
    except ValueError:
        return False
    word, slides = streams.get("WordDocument", b""), streams.get("Current User", b"")
    sheets = next((streams[name] for name in _WORKBOOKS if name in streams), b"")
    return bool(word[11:12] and word[11] & 1) or slides[12:16] == _ENCRYPTED_SLIDES or _has_file_pass(sheets)


def _has_file_pass(workbook: bytes) -> bool:
    """Whether a FilePass is among a workbook's first records, whose heads are never encrypted."""
    at = 0
    while at + 4 <= len(workbook):
        record, size = struct.unpack_from("<HH", workbook, at)
        if record in (_FILE_PASS, _END_OF_SHEET):
            return bool(record == _FILE_PASS)
        at += 4 + size
    return False


def _file_name(name: str) -> str:
    """The document's name as far as a file may have it."""
    return re.sub(r"[^\w .,()+-]", "_", name)[:80].strip(" .") or "document"


def _tidy_csv(document: SourceDocument, target: Path) -> tuple[str, bool]:
    """Writes the table in UTF-8; how LibreOffice shall read it, and whether cells have several lines.

    The import options are: separator, quote, charset (76), first line, columns.

    Every cell is text (2), as it stands there: a number that begins with 0 is a telephone's, "3/4" is no
    date, and nothing is calculated. Excel writes `sep=;` into the first line where the separator is not the
    usual one.
    """
    text = decoded(document.path.read_bytes(), document.charset)
    first, _, rest = text.partition("\n")
    if said := re.fullmatch(r"sep=(.)\r?", first):
        separator, text = said[1], rest
    else:
        separator = _separator(text)
    target.write_text(text, encoding="utf-8", errors="replace", newline="")
    columns = 1 + max((line.count(separator) for line in text.splitlines()), default=0)
    as_text = "/".join(f"{column}/2" for column in range(1, min(columns, _MOST_COLUMNS) + 1))
    has_tall_rows = any("\n" in cell[0] for cell in _IN_QUOTES.finditer(text))
    return f"{ord(separator)},34,76,1,{as_text}", has_tall_rows


def _separator(text: str) -> str:
    """What cuts most of the first lines into the same number of cells; the first of equals."""
    beginning = _IN_QUOTES.sub("", text[:_LOOKED_AT])
    lines = [line for line in beginning.splitlines() if line.strip()][:_LINES_LOOKED_AT]

    def regular(mark: str) -> int:
        counts = Counter(count for line in lines if (count := line.count(mark)))
        return max(counts.values(), default=0)

    return max(";\t,|", key=regular)


def _ask(workshop: Workshop, request: dict[str, object], name: str) -> dict[str, object]:
    """What became of the request.

    Raises:
        ConverterTimedOut: its turn did not come.
        ConverterCrashed: there is no answer.
    """
    assert workshop.office_socket is not None
    with socket.socket(socket.AF_UNIX) as office:
        try:
            with office.makefile("rb") as answers:
                with office_wait.waiting(workshop.folder):
                    left = workshop.office_wait_seconds - office_wait.seconds_waited(
                        workshop.folder, monotonic()
                    )
                    office.settimeout(max(left, _SHORTEST_WAIT))
                    with unix_address(workshop.office_socket) as address:
                        office.connect(address)
                    office.sendall(json.dumps(request).encode() + b"\n")
                    answers.readline(_LONGEST_ANSWER)
                office.settimeout(None)
                return dict(json.loads(answers.readline(_LONGEST_ANSWER)))
        except TimeoutError as error:
            raise _busy(name) from error
        except (OSError, ValueError) as error:
            raise ConverterCrashed(name, detail=f"LibreOffice's driver: {error}") from error


def _busy(name: str) -> ConverterTimedOut:
    return ConverterTimedOut(
        name,
        detail="LibreOffice was busy with other documents, or did not start",
        sentence=f'The document "{name}" waited too long for the converter, which was busy with others.',
        remedy="Send it again later, or as a PDF.",
    )
