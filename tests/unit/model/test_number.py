"""What people write as a fax number, and what is dialled."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidNumber
from gateway.model.number import FaxNumber


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("+49 (30) 123-456", "+4930123456"),
        ("030/123.456", "030123456"),
        (" 110 ", "110"),
        ("*31#0301234", "*31#0301234"),
    ],
)
def test_what_people_write_between_digits_is_not_dialled(written: str, dialled: str):
    assert FaxNumber.parse(written).digits == dialled


@pytest.mark.parametrize("written", ["", "+", "hello", "+49x30", "12+34", "1", "**", "٠١٢٣٤", "1" * 31])
def test_what_is_no_number_is_refused(written: str):
    with pytest.raises(InvalidNumber, match="is not a fax number"):
        FaxNumber.parse(written)


@given(st.text())
def test_whatever_comes_is_a_number_to_dial_or_refused(text: str):
    with contextlib.suppress(InvalidNumber):
        number = FaxNumber.parse(text)

        assert set(number.digits) <= set("+0123456789*#")
        assert FaxNumber.parse(number.digits) == number
