"""A list of recipients as programs write it in text (CSV): rows of cells.

Lists come from people, who leave out quotation marks. No row may be lost in a cell because of that: what
cannot be told apart is an error that says where it begins.
"""

import csv
import re
from collections.abc import Sequence

_SEPARATOR = re.compile(r"\s*sep=([;,\t])\s*", re.IGNORECASE)  # for Excel, in the first line
#: A cell that is a fax number: the line it stands in may have been meant to be a row.
_NUMBER = re.compile(r"\+?[0-9(][0-9()/. -]{5,30}")


class BadList(ValueError):
    """Who the recipients are cannot be told from it; the text says why."""


def table_of(content: bytes) -> list[list[str]]:
    """The cells of each row, without what surrounds them; lines without anything are no rows.

    Raises:
        BadList: a quotation mark is opened, and rows may be hidden behind it.
    """
    text = _decoded(content).replace("\x00", "")
    lines = [line for line in text.splitlines() if line.strip()]
    delimiter = max(";\t,", key=lines[0].count) if lines else ","
    if lines and (said := _SEPARATOR.fullmatch(lines[0])) is not None:
        delimiter = said[1]
        del lines[0]
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    table: list[list[str]] = []
    begin = 0
    try:
        for row in reader:
            if reader.line_num > begin + 1 and not _is_one_row(lines[begin : reader.line_num], delimiter):
                raise BadList(_UNCLEAR.format(lines[begin][:60]))
            begin = reader.line_num
            table.append([cell.strip() for cell in row])
    except csv.Error:  # a cell without end
        raise BadList(_UNCLEAR.format(lines[begin][:60])) from None
    return table


_UNCLEAR = "The list has a quotation mark without its partner in the line that begins with: {}"


def _is_one_row(lines: Sequence[str], delimiter: str) -> bool:
    """A quoted cell is closed where it should be, and no line behind its first is like a row."""
    try:
        rows = list(csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    cells = (cell.strip(' "') for line in lines[1:] for cell in line.split(delimiter))
    return len(rows) == 1 and not any(_NUMBER.fullmatch(cell) for cell in cells)


def _decoded(content: bytes) -> str:
    """Text as programs write lists: UTF-8, or UTF-16 with its mark, or what Windows has in the West."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
