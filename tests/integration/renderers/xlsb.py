"""A workbook as Excel writes it in binary (.xlsb), which no program here can save.

Spec: [MS-XLSB] 2.1.4 (records), 2.4 (their content); ECMA-376 part 2 for the package around them.
"""

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

_BEGIN_SHEET, _END_SHEET, _BEGIN_BOOK, _END_BOOK = 129, 130, 131, 132
_BEGIN_SHEETS, _END_SHEETS, _SHEET = 143, 144, 156
_BEGIN_DATA, _END_DATA, _ROW, _TEXT_CELL = 145, 146, 0, 6
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="bin" ContentType="application/vnd.ms-excel.worksheet"/>'
    '<Override PartName="/xl/workbook.bin" '
    'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
)


def save_xlsb(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Saves a table as a workbook of one sheet."""
    sheet = _record(_BEGIN_SHEET) + _record(_BEGIN_DATA)
    for row, cells in enumerate(rows):
        height, columns = 300, (1, 0, len(cells) - 1)
        sheet += _record(_ROW, struct.pack("<IIHHB3I", row, 0, height, 0, 0, *columns))
        for column, text in enumerate(cells):
            sheet += _record(_TEXT_CELL, struct.pack("<II", column, 0) + _text(text))
    sheet += _record(_END_DATA) + _record(_END_SHEET)
    bundle = struct.pack("<II", 0, 1) + _text("rId1") + _text("Sheet1")
    book = _record(_BEGIN_BOOK) + _record(_BEGIN_SHEETS) + _record(_SHEET, bundle)
    book += _record(_END_SHEETS) + _record(_END_BOOK)
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", _relation("officeDocument", "xl/workbook.bin"))
        package.writestr("xl/_rels/workbook.bin.rels", _relation("worksheet", "worksheets/sheet1.bin"))
        package.writestr("xl/workbook.bin", book)
        package.writestr("xl/worksheets/sheet1.bin", sheet)


def _record(kind: int, content: bytes = b"") -> bytes:
    """Kind and size are numbers of seven bits a byte, the lowest first."""
    return _number(kind) + _number(len(content)) + content


def _number(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _number(rest) if rest else bytes([low])


def _text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def _relation(kind: str, target: str) -> str:
    one = f'<Relationship Id="rId1" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{one}</Relationships>'
