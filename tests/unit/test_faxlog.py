"""The operator's record: one event, one line."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import faxlog
from gateway.model.ids import SubmissionId
from gateway.model.number import FaxNumber


@pytest.fixture(autouse=True)
def _at_info(caplog):
    caplog.set_level(logging.INFO, logger="faxgw")


def test_an_event_is_one_line_of_facts(caplog):
    faxlog.accepted(
        SubmissionId("S1"),
        client="127.0.0.1",
        mail_from="anna@example.com",
        numbers=[FaxNumber("+4930"), FaxNumber("102")],
        size=2000,
    )

    assert caplog.messages == [
        "accepted submission=S1 client=127.0.0.1 mail_from=anna@example.com to=+4930,102 size=2000"
    ]


def test_facts_that_are_unknown_are_left_out(caplog):
    faxlog.call_arrived(call_id="c 1", called="", caller='a"b')

    assert caplog.messages == ['call_arrived call_id="c 1" called="" caller="a\\"b"']


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text())
def test_no_value_breaks_the_line(caplog, text):
    caplog.clear()

    faxlog.refused_rcpt(client=text, mail_from=text, address=text, reply=text)

    (line,) = caplog.messages
    assert line.isprintable()
    assert line.isascii()
