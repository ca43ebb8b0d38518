"""Workbooks of strangers as rows of text."""

import struct
import tracemalloc
from datetime import date, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.resolving.spreadsheet import rows_of
from tests.workbook import a_workbook

WHOLE = a_workbook(("Name", "Fax"), ("Ann", "+49301"))


def test_cells_are_what_people_read():
    moment, day = datetime(2026, 12, 1, 8, 30), date(2026, 12, 1)  # noqa: DTZ001 - sheets know no zones

    rows = rows_of(a_workbook(("+49301", 49301, 49301.0, 1.5, True, moment, day), (None, None), (" x ",)))

    assert rows == [
        ["+49301", "49301", "49301", "1.5", "yes", "2026-12-01 08:30:00", "2026-12-01"],
        ["x"],
    ]


def test_a_workbook_that_unpacks_to_too_much_is_refused():
    bomb = BytesIO()
    with ZipFile(bomb, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(17 * 1024 * 1024))

    with pytest.raises(ValueError, match="cannot be read"):
        rows_of(bomb.getvalue())


def test_a_workbook_that_lists_very_many_files_is_refused_before_they_are_counted():
    small = BytesIO()
    with ZipFile(small, "w") as archive:
        archive.writestr("a", b"")
    data = small.getvalue()
    at, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    listed = data[at:end] * 100_000
    bomb = data[:at] + listed + data[end : end + 12] + struct.pack("<IIH", len(listed), at, 0)
    tracemalloc.start()

    with pytest.raises(ValueError, match="cannot be read"):
        rows_of(bomb)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=40))
def test_no_damage_makes_it_fail_in_another_way(at, junk):
    try:
        rows = rows_of(WHOLE[:at] + junk + WHOLE[at + len(junk) :])
    except ValueError:
        return

    assert all(isinstance(cell, str) for row in rows for cell in row)
