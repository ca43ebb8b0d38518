from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.config.schema import SendingSection
from gateway.model.ids import BlobRef, SubmissionId
from gateway.model.job import Sender
from gateway.model.sender import Person
from gateway.model.submission import Submission
from gateway.resolving.sender import caller_number, display_name, sender_of, station_id

SECTION = SendingSection(station_id="+49 30 1", caller_number="+49301")
SUBMISSION = Submission(SubmissionId("s"), "ann@example.com", BlobRef("b"), "smtp", datetime.now(UTC))
HEADER = b"From: Ann Smith <Ann@example.com>\r\n\r\nHello"


def test_the_envelope_says_who_sends_and_the_configuration_what_the_line_shows():
    assert sender_of(SUBMISSION, HEADER, SECTION) == Sender(
        "ann@example.com", "Ann Smith", "+49 30 1", "+49301"
    )


def test_a_person_calls_from_his_own_number():
    person = Person("Ann.Smith@example.com", name="Dr Ann Smith", fax_number="+49 (30) 123-45")

    sender = sender_of(SUBMISSION, HEADER, SECTION, person)

    assert sender == Sender("ann@example.com", "Dr Ann Smith", "+49 30 123 45", "+493012345")


def test_a_person_without_a_number_calls_from_the_gateways():
    sender = sender_of(SUBMISSION, HEADER, SECTION, Person("ann@example.com", fax_number="ask reception"))

    assert sender == Sender("ann@example.com", "Ann Smith", "+49 30 1", "+49301")


@given(st.text())
def test_whatever_a_directory_says_the_line_can_show_it(text):
    assert len(station_id(text)) <= 20
    assert set(station_id(text)) <= set("+0123456789 ")
    assert set(caller_number(text)) <= set("+0123456789*#")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"From: =?utf-8?q?J=C3=BCrgen?= <ann@example.com>\n\n", "Jürgen"),
        (b'From: "Smith, Ann" <ann@example.com>\n\n', "Smith, Ann"),
        (b"From: ann@example.com\n\n", ""),
        (b"From: The Boss <boss@example.com>\n\n", ""),
        (b"Subject: no sender\n\n", ""),
        (b"From: B <b@x>, Ann <ann@example.com>\n\n", "Ann"),
        (b"", ""),
    ],
)
def test_a_name_counts_only_with_the_address_of_the_envelope(header, name):
    assert display_name(header, "ann@example.com") == name


@given(st.binary())
@example(b'"\\')
@example(b"=?utf-8?b?=FF?= <")
def test_no_header_of_a_stranger_makes_it_fail(text):
    assert "\n" not in display_name(b"From: " + text, "ann@example.com")
