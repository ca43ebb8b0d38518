"""What people write becomes E.164, and that becomes the digits a trunk gets."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidNumber, NumberNotAllowed
from gateway.model.dialling import DialPlan
from gateway.model.number import FaxNumber

BERLIN = DialPlan(country="DE", area_code="30", internal=("2XX", "Z9"), outside_line="0")


@pytest.mark.parametrize(
    ("plan", "written", "number"),
    [
        (BERLIN, "+49 30 1234567", "+49301234567"),
        (BERLIN, "+49 (0) 30 1234567", "+49301234567"),
        (BERLIN, "030 1234567", "+49301234567"),
        (BERLIN, "1234567", "+49301234567"),
        (BERLIN, "0049 30 1234567", "+49301234567"),
        (BERLIN, "0043 1 5800", "+4315800"),
        (BERLIN, "299", "299"),
        (BERLIN, "19", "19"),
        (DialPlan(), "030 1234567", "0301234567"),
        (DialPlan(country="DE"), "030 1234567", "+49301234567"),
        (DialPlan(country="US"), "(206) 936-7329", "+12069367329"),
        (DialPlan(country="US"), "1 206 936 7329", "+12069367329"),
        (DialPlan(country="US"), "011 49 30 1234567", "+49301234567"),
        (DialPlan(country="US"), "206 936 7329", "+12069367329"),
        (DialPlan(country="DE"), "301234567", "+49301234567"),
        (DialPlan(country="CH"), "44 123 45 67", "+41441234567"),
        (DialPlan(country="ES"), "34 912 345 678", "+34912345678"),
        (DialPlan(country="IT"), "06 1234567", "+39061234567"),
        (DialPlan(country="FR"), "01 23 45 67 89", "+33123456789"),
        (DialPlan(country="AU"), "02 9333 4444", "+61293334444"),
        (DialPlan(country="DE", international_prefix="010"), "010 43 1 5800", "+4315800"),
        (DialPlan(country="DE", extensions="append"), "030 1234 x567", "+49301234567"),
        (DialPlan(country="DE", service_codes=True), "*31#0301234567", "*31#0301234567"),
    ],
)
def test_a_number_is_known_by_its_e164_form(plan: DialPlan, written: str, number: str):
    assert plan.number(written).digits == number


TONES = DialPlan(pauses="tones", extensions="tones")


@pytest.mark.parametrize(
    ("plan", "written", "number", "tones"),
    [
        (TONES, "030 1234567", "030 1234567", ""),
        (TONES, "030 1234567,,12", "030 1234567", ",,12"),
        (TONES, "0301234567 w 1-2p3#", "0301234567 ", ",12,3#"),
        (TONES, "0301234567x12", "0301234567", ",12"),
        (TONES, "0301234567 ext. 12", "0301234567 ", ",12"),
        (DialPlan(), "0301234567,,12", "0301234567,,12", ""),
        (DialPlan(pauses="tones"), "0301234567x12", "0301234567x12", ""),
    ],
)
def test_what_stands_behind_a_number_is_dialled_after_the_answer(plan, written, number, tones):
    assert plan.without_tones(written) == (number, tones)


@pytest.mark.parametrize("written", ["0301234567,", "0301234567,hello", "0301234567," + "1" * 41])
def test_what_cannot_be_dialled_as_tones_is_refused(written):
    with pytest.raises(InvalidNumber, match="Not a fax number"):
        TONES.without_tones(written)


@given(st.text(max_size=90))
def test_no_text_makes_tones_that_cannot_be_dialled(written):
    try:
        _, tones = TONES.without_tones(written)
    except InvalidNumber:
        return

    assert set(tones) <= set("0123456789*#,")


@pytest.mark.parametrize(
    ("plan", "written", "reason"),
    [
        (BERLIN, "hello", "Not a fax number"),
        (BERLIN, "+", "Not a fax number"),
        (BERLIN, "0", "Not a fax number"),
        (BERLIN, "+49 30 12345678901234", "too short or too long"),
        (BERLIN, "+491", "too short or too long"),
        (BERLIN, "+999 123456", "too short or too long"),
        (BERLIN, "110", "Emergency"),
        (BERLIN, "112", "Emergency"),
        (DialPlan(country="US"), "911", "Emergency"),
        (DialPlan(country="DE", internal=("1XX",)), "112", "Emergency"),
        (DialPlan(country="DE"), "0112", "Emergency"),
        (DialPlan(country="DE"), "+49 110", "Emergency"),
        (DialPlan(country="GB"), "999", "Emergency"),
        (DialPlan(), "112", "Emergency"),
        # Local, or with its country code? Each of them would be somebody's number.
        (DialPlan(country="DE"), "1234567", "Not clear where"),
        (DialPlan(country="DE"), "49 30 1234567", "Not clear where"),
        (DialPlan(country="GB"), "7203 4005", "Not clear where"),
        (DialPlan(country="US"), "936 7329", "Not clear where"),
        (DialPlan(country="CH"), "41 44 123 45 67", "Not clear where"),
        (BERLIN, "030 1234,,12", "Pauses"),
        (BERLIN, "030 1234 ext. 12", "Extensions"),
        (BERLIN, "*21*0301234567#", "Service codes"),
        (BERLIN, "1" * 200, "Not a fax number"),
    ],
)
def test_what_cannot_be_dialled_is_refused_with_its_reason(plan: DialPlan, written: str, reason: str):
    with pytest.raises(InvalidNumber, match=reason):
        plan.number(written)


@pytest.mark.parametrize(
    ("allow", "deny", "number", "may"),
    [
        ((), (), "+49900123456", True),
        ((), ("+49900",), "+49900123456", False),
        ((), ("+49900",), "+49301234567", True),
        (("+49",), (), "+4315800123", False),
        (("+49",), ("+49900",), "+49900123456", False),
        (("+49900123",), ("+49900",), "+49900123456", True),
        (("+49900",), ("+49900",), "+49900123456", False),
    ],
)
def test_the_longer_beginning_decides_what_may_be_dialled(allow, deny, number, may):
    plan = DialPlan(country="DE", allow=allow, deny=deny)

    with contextlib.nullcontext() if may else pytest.raises(NumberNotAllowed):
        assert plan.number(number).digits == number


def test_a_denied_destination_is_denied_however_it_is_written():
    plan = DialPlan(country="DE", deny=("+49900",))

    for written in ("0900 123456", "0049 900 123456", "+49 (900) 123456"):
        with pytest.raises(NumberNotAllowed):
            plan.number(written)


@pytest.mark.parametrize(
    ("plan", "number", "dialled"),
    [
        (DialPlan(), "+49301234567", "+49301234567"),
        (BERLIN, "+49301234567", "0+49301234567"),
        (BERLIN, "299", "299"),
        (DialPlan(country="DE", dial_as="national"), "+49301234567", "0301234567"),
        (DialPlan(country="DE", dial_as="national", outside_line="9"), "+4315800", "9004315800"),
        (DialPlan(country="DE", dial_as="international"), "+49301234567", "0049301234567"),
        (DialPlan(country="US", dial_as="international"), "+49301234567", "01149301234567"),
        (DialPlan(country="IT", dial_as="national"), "+39061234567", "061234567"),
        (DialPlan(dial_as="international"), "+49301234567", "0049301234567"),
    ],
)
def test_a_trunk_gets_the_digits_it_wants(plan: DialPlan, number: str, dialled: str):
    assert plan.dialled(FaxNumber(number)) == dialled


PLANS = st.sampled_from([BERLIN, DialPlan(), DialPlan(country="US"), DialPlan(country="IT", deny=("+39",))])
TEXTS = st.one_of(st.text(max_size=90), st.text("+0123456789 ()-./*#xp,", max_size=30))


@given(PLANS, TEXTS)
def test_whatever_is_written_is_a_number_or_refused(plan: DialPlan, text: str):
    with contextlib.suppress(InvalidNumber):
        number = plan.number(text)

        assert set(plan.dialled(number)) <= set("+0123456789")


@given(PLANS, TEXTS)
def test_a_number_of_the_queue_stays_what_it_is(plan: DialPlan, text: str):
    with contextlib.suppress(InvalidNumber):
        number = plan.number(text)

        if number.digits.startswith("+"):
            assert plan.number(number.digits) == number
