"""The first sheet of a workbook (XLSX) as text, of which a list of recipients can be made.

A stranger's file: what it may unpack to, and how much of it is read, is limited.
"""

from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from zipfile import ZipFile

_MOST_BYTES = 16 * 1024 * 1024  # unpacked: some hundred thousand cells
_MOST_FILES = 1000
_LISTED = b"PK\x01\x02"  # how each entry of the list of files begins (APPNOTE.TXT 4.3.12)
_MOST_ROWS, _MOST_COLUMNS = 20_000, 50


def rows_of(workbook: bytes) -> list[list[str]]:
    """The cells of the first sheet, without empty rows; of formulas what they came to when it was saved.

    Raises:
        ValueError: it is no workbook, or too large for a list.
    """
    try:
        if workbook.count(_LISTED) > 2 * _MOST_FILES:
            raise ValueError("The workbook is too large.")  # to read its list of files alone takes long
        with ZipFile(BytesIO(workbook)) as archive:
            files = archive.infolist()
        if len(files) > _MOST_FILES or sum(file.file_size for file in files) > _MOST_BYTES:
            raise ValueError("The workbook is too large.")
        return [row for row in _rows(workbook) if row]
    except Exception as error:  # a broken file makes the library run into anything
        raise ValueError(f"The workbook cannot be read ({type(error).__name__}).") from error


def _rows(workbook: bytes) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # takes a moment to load

    book = load_workbook(BytesIO(workbook), read_only=True, data_only=True, keep_links=False)
    try:
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True):
            cells = [_text(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()  # a sheet is as wide as its widest row
            yield cells
    finally:
        book.close()


def _text(cell: object) -> str:
    """As people would read it: a number that Excel took for one has no point and no exponent."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float() if cell.is_integer() and abs(cell) < 1e18:
            return str(int(cell))
        case datetime() if cell.time() != datetime.min.time():
            return f"{cell:%Y-%m-%d %H:%M:%S}"
        case date():
            return f"{cell:%Y-%m-%d}"
        case _:
            return str(cell).strip()
