"""A workbook as spreadsheet programs save it."""

from io import BytesIO

from openpyxl import Workbook


def a_workbook(*rows: tuple[object, ...]) -> bytes:
    """XLSX with these rows in its first sheet."""
    book, file = Workbook(), BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(file)
    return file.getvalue()
