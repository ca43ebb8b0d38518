"""What a mail asks for, in each dialect; nothing is ignored."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.rules import RULES
from gateway.model.body_codes import BODY_DIALECTS
from gateway.model.options import JobOptions
from gateway.rendering.contents import texts_in
from gateway.resolving.options import DIALECTS, MailWishes

ALL = MailWishes(DIALECTS, texts_in)
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
        ("X-Faxgw-To-Name: Carl Orff", JobOptions(to_name="Carl Orff")),
        ("X-FAX-Cover-Company: Doe Ltd", JobOptions(to_company="Doe Ltd")),
        ("X-Faxgw-Colour: red", JobOptions(not_done=("x-faxgw-colour: red",))),
        ("Subject: Offer [::b=123456]", JobOptions(billing_code="123456")),
        ("Subject: [::high,b=5] Offer", JobOptions(resolution="fine", billing_code="5")),
        ("Subject: Offer [::n][::fh=Sales]", JobOptions(resolution="standard", header="Sales")),
        ("Subject: [::p=h, c=cover1]", JobOptions(cover="cover1", priority="high")),
        ("Subject: [::line=2]", JobOptions(trunk="2")),
        ("Subject: [::l=2,P=H]", JobOptions(trunk="2", priority="high")),
        ("Subject: [::dl=2]", JobOptions(not_done=("[::dl=2]",))),
        ("Subject: [::line=2,dl]", JobOptions(trunk="2", not_done=("[::dl]",))),
        ("Subject: Offer [see below]", JobOptions()),
        ("Subject: Our offer /cover=letter", JobOptions(cover="letter", subject="Our offer")),
        ("Subject: Our offer /NONE", JobOptions(cover="none")),
        ("Subject: a/none /cover= and/or /covers=x", JobOptions()),
        (
            "Subject: /default=blue Offer",
            JobOptions(cover="blue", subject="Offer", not_done=("/default=blue",)),
        ),
        ("X-FAX-VRes: 98", JobOptions(resolution="standard")),
        ("X-FAX-MaxTries: 3", JobOptions(attempts=3)),
        ("X-FAX-AutoCoverPage: no", JobOptions(cover="none")),
        ("X-FAX-AutoCoverPage: yes", JobOptions(cover="on")),
        ("X-FAX-VRes: 391.", JobOptions(resolution="superfine")),
        ("X-FAX-Cover-Template: /etc/fax/blue.ps", JobOptions(cover="blue")),
        ("X-FAX-Cover-Regarding: Offer", JobOptions(subject="Offer")),
        ("X-FAX-Cover-Comments: Please sign", JobOptions(note="Please sign")),
        ("X-FAX-From: Sales", JobOptions(sender_name="Sales")),
        ("X-FAX-Modem: backup", JobOptions(trunk="backup")),
        ("X-FAX-Priority: 63", JobOptions(priority="high")),
        ("X-FAX-Priority: 127", JobOptions()),
        ("X-FAX-Priority: bulk", JobOptions(priority="low")),
        ("X-FAX-Priority: soon", JobOptions(not_done=("x-fax-priority: soon",))),
        ("X-FAX-PageSize: A4", JobOptions()),
        ("X-FAX-KillTime: now + 3 hours", JobOptions(not_done=("x-fax-killtime: now + 3 hours",))),
        ("X-FAX-Dialstring: 123", JobOptions(not_done=("x-fax-dialstring: 123",))),
        ("X-Fax-Job: 01ABC", JobOptions()),
    ],
)
def test_a_field_is_done_or_told(field, options):
    header = f"From: anna@example.com\r\n{field}\r\n\r\nbody [::b=9]\r\nX-Faxgw-Attempts: 9\r\n"

    assert JobOptions().with_wishes(ALL(header.encode())) == options


@pytest.mark.parametrize(
    "field",
    [
        "Subject: [::2026-12-01-08:30:00]",
        "Subject: [::2026-12-01:08:30]",
        "X-Faxgw-Send-At: 8:30",
        "Subject: [::c=blue,08:30]",
        "X-FAX-SendTime: 08:30",
    ],
)
def test_a_time_alone_is_the_next_one_after_the_mail_was_taken(field):
    wishes = ALL(f"{field}\r\n\r\n".encode())

    for taken_at in (MORNING - timedelta(hours=10), MORNING - timedelta(minutes=1)):
        assert JobOptions().with_wishes(wishes, at=taken_at).send_at == MORNING


def test_a_time_that_is_none_is_told():
    assert JobOptions().with_wishes(ALL(b"Subject: [::25:00]\r\n\r\n")).not_done == ("[::25:00]",)


def test_a_dialect_that_is_not_named_is_not_read():
    assert MailWishes(["faxgw"], texts_in)(b"Subject: [::b=1]\r\nX-FAX-VRes: 98\r\n\r\n") == []


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
