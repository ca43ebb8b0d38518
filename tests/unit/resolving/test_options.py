"""What a mail asks for, in each dialect; nothing is ignored."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.rules import RULES
from gateway.model.body_codes import BODY_DIALECTS
from gateway.model.options import JobOptions
from gateway.resolving.options import DIALECTS, MailWishes

ALL = MailWishes(DIALECTS)
MORNING = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("X-Faxgw-Resolution: standard", JobOptions(resolution="standard")),
        ("x-faxgw-send-at: 2026-12-01 08:30Z", JobOptions(send_at=MORNING)),
        ("X-Faxgw-Attempts: 2", JobOptions(attempts=2)),
        ("X-Faxgw-Billing-Code: 47 11", JobOptions(billing_code="47 11")),
        ("X-Faxgw-Header: =?utf-8?q?B=C3=BCro?=", JobOptions(header="B\u00fcro")),
        ("X-Faxgw-Cover: none", JobOptions(cover="none")),
        ("X-Faxgw-Cover: blue", JobOptions(cover="blue")),
        ("X-Faxgw-Colour: red", JobOptions(not_done=("x-faxgw-colour: red",))),
        ("Subject: Offer [::b=123456]", JobOptions(billing_code="123456")),
        ("Subject: [::high,b=5] Offer", JobOptions(resolution="fine", billing_code="5")),
        ("Subject: Offer [::n][::fh=Sales]", JobOptions(resolution="standard", header="Sales")),
        ("Subject: [::p=h, c=cover1]", JobOptions(cover="cover1", priority="high")),
        ("Subject: [::line=2]", JobOptions(not_done=("[::line=2]",))),
        ("Subject: Offer [see below]", JobOptions()),
        ("X-FAX-VRes: 98", JobOptions(resolution="standard")),
        ("X-FAX-MaxTries: 3", JobOptions(attempts=3)),
        ("X-FAX-AutoCoverPage: no", JobOptions(cover="none")),
        ("X-FAX-AutoCoverPage: yes", JobOptions(cover="on")),
        ("X-FAX-Dialstring: 123", JobOptions(not_done=("x-fax-dialstring: 123",))),
        ("X-Fax-Job: 01ABC", JobOptions()),
    ],
)
def test_a_field_is_done_or_told(field, options):
    header = f"From: anna@example.com\r\n{field}\r\n\r\nbody [::b=9]\r\nX-Faxgw-Attempts: 9\r\n"

    assert JobOptions().with_wishes(ALL(header.encode())) == options


def test_a_dialect_that_is_not_named_is_not_read():
    assert MailWishes(["faxgw"])(b"Subject: [::b=1]\r\nX-FAX-VRes: 98\r\n\r\n") == []


def test_the_setting_knows_every_dialect():
    every = [*DIALECTS, *BODY_DIALECTS]

    assert RULES["options.dialects"](every) == tuple(every)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=100).map(lambda b: b"Subject: [::" + b + b"]\nX-Faxgw-" + b),
    )
)
def test_no_header_raises(header):
    options = JobOptions().with_wishes(ALL(header))

    assert JobOptions.from_json(options.to_json()) == options
