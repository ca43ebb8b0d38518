"""What a file is, told from its bytes. A name or a declared type lies too often.

Name and declared type count only where bytes cannot tell: text may be HTML, CSV or plain, and its charset.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zipfile
import zlib
from collections.abc import Collection
from email.message import Message
from pathlib import Path

from renderers import compound_file, picture_type
from renderers.charset import decoded, utf_16_in

UNKNOWN = "application/octet-stream"
PDF = "application/pdf"
HTML, PLAIN, CSV, RTF = "text/html", "text/plain", "text/csv", "application/rtf"
SVG, ICS, VCF = "image/svg+xml", "text/calendar", "text/vcard"
PROTECTED_OFFICE = "application/x-protected-office"
DOC, XLS, PPT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"
_OOXML = "application/vnd.openxmlformats-officedocument."
DOCX = _OOXML + "wordprocessingml.document"
XLSX = _OOXML + "spreadsheetml.sheet"
PPTX = _OOXML + "presentationml.presentation"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
WORD_XML, EXCEL_XML = "application/x-word-2003-xml", "application/x-excel-2003-xml"
WORD_PACKAGE, SLIDES_PACKAGE = "application/x-word-package", "application/x-slides-package"
WORDPERFECT = "application/vnd.wordperfect"
VISIO, PUBLISHER = "application/vnd.visio", "application/vnd.ms-publisher"
WORD_2 = "application/x-word-2"
EMF, WMF = "image/emf", "image/wmf"
SYLK, DIF, LOTUS = "application/x-sylk", "application/x-dif", "application/vnd.lotus-1-2-3"
IWORK = "application/x-iwork"
ARCHIVE, XPS, CAD = "application/x-archive", "application/vnd.ms-xpsdocument", "application/x-cad"
POSTSCRIPT, PCL = "application/postscript", "application/vnd.hp-pcl"
_ODF = "application/vnd.oasis.opendocument."
ODT, ODS, ODP, ODG = _ODF + "text", _ODF + "spreadsheet", _ODF + "presentation", _ODF + "graphics"
#: OpenDocument in one XML file, without an archive around it.
FODT, FODS, FODP, FODG = (kind + "-flat-xml" for kind in (ODT, ODS, ODP, ODG))

_HEAD = 65_536
#: Pages, Numbers and Keynote keep what they alone can read in these.
_OF_IWORK = re.compile(r"(?:Index/[^/]+\.iwa|Index\.zip)$")
_MOST_OLE = 20_000_000  # bytes in which names of streams are looked for
_MAGIC = (
    (b"{\\rtf", RTF),
    (b"\xdb\xa5\x2d\0", WORD_2),
    (b"\xd7\xcd\xc6\x9a", WMF),
    (b"\1\0\x09\0\0\3", WMF),
    (b"\0\0\2\0\4\4\6\0", LOTUS),
    (b"\0\0\2\0\6\4\6\0", LOTUS),
    (b"\0\0\x1a\0\0\x10\4\0", LOTUS),
    (b"\0\0\x1a\0\2\x10\4\0", LOTUS),
    (b"%!PS", POSTSCRIPT),
    (b"\xc5\xd0\xd3\xc6", POSTSCRIPT),
    (b"\x1b%-12345X", PCL),
    (b"\x1bE\x1b", PCL),
    *((b"AC10%s\0" % version, CAD) for version in (b"12", b"14", b"15", b"18", b"21", b"24", b"27", b"32")),
    *(
        (magic, ARCHIVE)
        for magic in (b"Rar!\x1a\7", b"7z\xbc\xaf\x27\x1c", b"BZh", b"\xfd7zXZ\0", b"MSCF\0\0\0\0")
    ),
)
#: Streams of an OLE2 file that tell which program wrote it ([MS-CFB] 2.6.1 has names in UTF-16), which some
#: write in capitals.
_OLE_STREAMS = (
    ("EncryptedPackage", PROTECTED_OFFICE),
    ("WordDocument", DOC),
    ("Workbook", XLS),
    ("WORKBOOK", XLS),
    ("Book", XLS),
    ("BOOK", XLS),
    ("PowerPoint Document", PPT),
    ("VisioDocument", VISIO),
    ("Quill", PUBLISHER),
)
#: How names of parts begin, the more special one first; it is the same in templates and files with macros.
_OOXML_PARTS = (
    ("word/", DOCX),
    ("xl/workbook.bin", XLSB),
    ("xl/", XLSX),
    ("ppt/", PPTX),
    ("visio/", VISIO),
)
#: What may stand before the first element. Atomic: comments that never end cost one look.
_PROLOGUE = rb"\s*+(?><\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*+"
_DOCTYPE = rb"(?><!DOCTYPE\s+svg[^\[>]*(?>\[.*?\]\s*)?>\s*)?"
_HTML_START = re.compile(_PROLOGUE + rb"<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
#: A drawing of AutoCAD as text, perhaps below comments (DXF Reference, "About Group Codes").
_DXF_START = re.compile(
    rb"(?:[ \t]*999[ \t]*\r?\n[^\n]*\n)*+"
    rb"[ \t]*0[ \t]*\r?\nSECTION[ \t]*\r?\n[ \t]*2[ \t]*\r?\n[A-Z]+[ \t]*\r?\n"
)
#: Web applications call such a piece of a page a document of Word or Excel.
_HTML_PIECE = re.compile(rb"\s*+<(?:table|meta|style|title|div|p|h[1-6])\b[^<]{0,500}>", re.I)
_SVG_START = re.compile(_PROLOGUE + _DOCTYPE + rb"(?><!--.*?-->\s*)*+<(?:svg:)?svg\b", re.I | re.S)
_TEXT_STARTS = (
    (_SVG_START, SVG),
    (_DXF_START, CAD),
    (re.compile(rb"ID;P[A-Z]+[^\r\n]{0,100}\r?\n[BCFOPW];"), SYLK),
    (re.compile(rb"TABLE[ \t]*\r?\n0,1[ \t]*\r?\n"), DIF),
)
_FLAT_START = re.compile(
    _PROLOGUE
    + rb"""<office:document(?=\s)(?>[^>"']|"[^"]*"|'[^']*')*?\soffice:mimetype\s*=\s*["']([a-z./-]+)["']""",
    re.S,
)
_FLAT_KINDS = {kind.removesuffix("-flat-xml"): kind for kind in (FODT, FODS, FODP, FODG)}
#: How the XML of Office 2003 says which program it is for.
_OFFICE_2003 = re.compile(
    _PROLOGUE + rb"<\?mso-application\s+progid=[\"'](Word\.Document|Excel\.Sheet|PowerPoint\.Show)[\"']", re.S
)
_PROGRAMS_2003 = {b"Word.Document": WORD_XML, b"Excel.Sheet": EXCEL_XML}
#: Since 2007 they keep all parts of the usual archive in it.
_PACKAGE = re.compile(rb"\s*+\?>\s*+<pkg:package\b")
_PACKAGES = {b"Word.Document": WORD_PACKAGE, b"PowerPoint.Show": SLIDES_PACKAGE}
_CARD_STARTS = ((b"BEGIN:VCALENDAR", ICS), (b"BEGIN:VCARD", VCF))
#: What text is by its name, for many mail programs declare such files as something else.
_BY_NAME = {".csv": CSV, ".tsv": CSV, ".xls": XLS, ".doc": DOC, ".htm": HTML, ".html": HTML, ".xhtml": HTML}
#: How the names of documents end that are faxed every day: one of these that is nothing we know is damaged.
_ENDINGS = (
    ".pdf .tif .tiff .png .jpg .jpeg .gif .bmp .webp .heic .svg .emf .wmf .rtf .vsd .vsdx .pub .wpd "
    ".doc .docx .docm .dot .dotx .dotm .xls .xlsx .xlsm .xlsb .xlt .xltx .xltm "
    ".ppt .pptx .pptm .pps .ppsx .ppsm .pot .potx .potm .odt .ods .odp .odg .ott .ots .otp .otg"
)
USUAL_ENDINGS = frozenset(_ENDINGS.split())


def media_type_of(path: Path, declared: str | None = None, name: str = "") -> str:
    """The media type of the file, without parameters; `application/octet-stream` when nothing fits."""
    declared = _BY_NAME.get(Path(name).suffix.lower(), declared)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if (kind := _by_magic(head)) is not None:
        return kind
    for magic, look_inside in _WRAPPED:
        if head.startswith(magic):
            return look_inside(path)
    if b"%PDF-" in head[:1024]:  # ISO 32000-1 annex H.3.4: the header may stand anywhere in there
        return PDF
    if looks_like_text(head):
        return _kind_of_text(head, declared)
    return picture_type.by_name(head, name) or UNKNOWN


def _by_magic(head: bytes) -> str | None:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"\xffWPC" and head[8:10] == b"\1\x0a":  # made by WordPerfect, and a document
        return WORDPERFECT
    if head[:4] == b"\1\0\0\0" and head[40:44] == b" EMF":  # [MS-EMF] 2.3.4.2
        return EMF
    return picture_type.by_magic(head)


def charset_of(declared: str | None) -> str | None:
    """The charset parameter of a declared media type, if Python knows it."""
    if not declared:
        return None
    header = Message()
    header["Content-Type"] = declared
    try:
        return codecs.lookup(str(header.get_param("charset") or "")).name
    except (LookupError, ValueError):
        return None


def looks_like_text(head: bytes) -> bool:
    """No zero bytes (unless in UTF-16) and hardly any control characters."""
    if _is_utf_16(head):
        return len(head) > 2
    if not head or b"\0" in head:
        return False
    odd = sum(head.count(code) for code in range(32) if code not in b"\t\n\r\f\x1b\x1a\x08")
    return odd * 100 <= len(head)


def _is_utf_16(head: bytes) -> bool:
    return head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or utf_16_in(head) is not None


def has_macros(path: Path) -> bool:
    """Whether an office document brings macros along (VBA, or Basic in OpenDocument)."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(
                name.endswith("vbaProject.bin") or name.startswith("Basic/") for name in archive.namelist()
            )
    except (zipfile.BadZipFile, OSError, ValueError):
        return "_VBA_PROJECT".encode("utf-16-le") in _beginning(path)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_OLE)


def _inside_gzip(path: Path) -> str:
    try:
        with gzip.open(path) as file:
            return SVG if _SVG_START.match(file.read(_HEAD)) else ARCHIVE
    except (OSError, EOFError, zlib.error):
        return UNKNOWN


def _kind_of_text(head: bytes, declared: str | None) -> str:
    text = decoded(head).encode() if _is_utf_16(head) else head.removeprefix(codecs.BOM_UTF8)
    if (kind := _by_start(text)) is not None:
        return kind
    claimed = (declared or "").partition(";")[0].strip().lower()
    if claimed in (HTML, "application/xhtml+xml"):
        return HTML
    if claimed == CSV:
        return CSV
    if claimed != PLAIN and _HTML_START.match(text):
        return HTML
    return _for_office(text, claimed) if claimed in (XLS, DOC) else PLAIN


def _for_office(text: bytes, claimed: str) -> str:
    """What Word or Excel make of a text that a program wrote for them, as SAP does with tables."""
    if _HTML_PIECE.match(text):
        return HTML
    return CSV if claimed == XLS and b"\t" in text else PLAIN


def _by_start(text: bytes) -> str | None:
    """What a text says of itself: a card, a drawing, or an office document in one XML file."""
    for start, kind in _CARD_STARTS:
        if text.lstrip()[: len(start)].upper() == start:
            return kind
    for pattern, kind in _TEXT_STARTS:
        if pattern.match(text):
            return kind
    if (flat := _FLAT_START.match(text)) is not None:
        return _FLAT_KINDS.get(flat[1].decode().removesuffix("-template"))
    if (program := _OFFICE_2003.match(text)) is not None:
        kinds = _PACKAGES if _PACKAGE.match(text, program.end()) else _PROGRAMS_2003
        return kinds.get(program[1])
    return None


def _inside_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "mimetype" in names:
                return _open_document(archive)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        return UNKNOWN
    if "[Content_Types].xml" in names:
        for beginning, kind in _OOXML_PARTS:
            if any(name.startswith(beginning) for name in names):
                return kind
        if any(name.endswith(".fdseq") for name in names):
            return XPS
    return IWORK if any(map(_OF_IWORK.match, names)) else UNKNOWN


def is_document(names: Collection[str]) -> bool:
    """Whether a zip with these entries is a document, and no archive of files."""
    return "mimetype" in names or "[Content_Types].xml" in names or any(map(_OF_IWORK.match, names))


def _open_document(archive: zipfile.ZipFile) -> str:
    """ODF 1.2 part 3 clause 3.3: the first entry names the type; the manifest tells what is encrypted."""
    with archive.open("mimetype") as entry:
        kind = entry.read(100).decode("ascii", "replace").strip().removesuffix("-template")
    if kind not in (ODT, ODS, ODP, ODG):
        return UNKNOWN
    if "META-INF/manifest.xml" in archive.namelist():
        with archive.open("META-INF/manifest.xml") as entry:
            if b"encryption-data" in entry.read(1_000_000):
                return PROTECTED_OFFICE
    return kind


def _inside_ole(path: Path) -> str:
    """Told from what is not inside of other documents; in a damaged file, from what is there at all."""
    data = path.read_bytes()
    try:
        names = compound_file.names_in(data)
    except ValueError:
        names = frozenset(name for name, _ in _OLE_STREAMS if name.encode("utf-16-le") + b"\0\0" in data)
    return next((kind for name, kind in _OLE_STREAMS if name in names), UNKNOWN)


_WRAPPED = (
    (b"PK\x03\x04", _inside_zip),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _inside_ole),
    (b"\x1f\x8b", _inside_gzip),
)
