"""Who asked for a delivery status notification gets one: the same words, and a part for programs."""

from dataclasses import replace
from email import message_from_bytes, message_from_string, policy
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.lifecycle import JobState
from gateway.model.notification import NotificationKind
from gateway.model.options import JobOptions
from gateway.notifying.compose import compose_answer
from gateway.notifying.report import returned_part
from tests.unit.notifying.test_compose import (
    BUSY,
    ENCLOSURE,
    LETTERHEAD,
    ORIGINAL,
    a_job,
    a_notification,
    an_answer,
)

MAIL = b"Subject: Offer\r\nFrom: M\xfcller <a@b>\r\n\r\nHello \xff\r\n"
ASKED = JobOptions(notify="SUCCESS,FAILURE", orcpt="rfc822;101+x@fax.example.com", envid="QQ314")


def blocks_of(message) -> list[dict[str, str]]:
    status = message.get_payload(1)
    assert status.get_content_type() == "message/delivery-status"
    return [dict(block.items()) for block in status.get_payload()]


def test_a_delivered_fax_is_reported_as_delivered():
    message = an_answer(job=a_job(options=ASKED))

    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    about_mail, about_recipient = blocks_of(message)
    assert about_mail["Original-Envelope-Id"] == "QQ314"
    assert about_mail["Reporting-MTA"] == "dns; node1"
    assert about_recipient == {
        "Original-Recipient": "rfc822; 101+x@fax.example.com",
        "Final-Recipient": "rfc822; +49301234567@fax.example.com",
        "Action": "delivered",
        "Status": "2.0.0",
    }


def test_a_failed_fax_is_reported_with_code_and_reason():
    job = a_job(JobState.FAILED, options=ASKED, failure=BUSY)

    message = an_answer(job=job, notification=a_notification(NotificationKind.FAILED))

    _, about_recipient = blocks_of(message)
    assert about_recipient["Action"] == "failed"
    assert about_recipient["Status"] == "5.4.1"
    assert about_recipient["Diagnostic-Code"] == f"X-Fax; busy: {BUSY.reason}"


@pytest.mark.parametrize(
    ("ret", "kind", "returned"),
    [
        ("FULL", NotificationKind.FAILED, "message/rfc822"),
        ("HDRS", NotificationKind.FAILED, "text/rfc822-headers"),
        ("", NotificationKind.FAILED, "text/rfc822-headers"),
        ("FULL", NotificationKind.DELIVERED, "text/rfc822-headers"),
    ],
)
def test_the_mail_is_returned_as_its_sender_asked(ret, kind, returned, tmp_path):
    (tmp_path / "mail").write_bytes(MAIL)
    job = a_job(options=replace(ASKED, ret=ret))
    enclosure = replace(ENCLOSURE, returned=returned_part(tmp_path / "mail", job, kind))

    message = an_answer(job=job, notification=a_notification(kind), enclosure=enclosure)
    again = message_from_bytes(message.as_bytes(policy=policy.SMTP), policy=policy.default)

    part = again.get_payload(2)
    assert part.get_content_type() == returned
    content = part.get_payload(0) if returned == "message/rfc822" else message_from_string(part.get_content())
    assert content["Subject"] == "Offer"
    assert ("Hello" in part.as_string()) == (returned == "message/rfc822")


@given(st.binary(max_size=300))
def test_whatever_the_mail_is_it_can_be_returned(mail):
    with TemporaryDirectory() as folder:
        file = Path(folder, "mail")
        file.write_bytes(mail)

        part = returned_part(file, a_job(options=replace(ASKED, ret="FULL")), NotificationKind.FAILED)

        assert part.as_bytes(policy=policy.SMTP)


def test_the_words_for_people_stay_as_they_are():
    plain, report = an_answer(), an_answer(job=a_job(options=ASKED))

    assert report.get_payload(0).get_content_type() == plain.get_content_type()
    assert report["Subject"] == plain["Subject"]
    assert report.get_body(("plain",)) is not None or "delivered" in report.as_string()
    assert [part.get_content_type() for part in report.get_payload(0).walk()] == [
        part.get_content_type() for part in plain.walk()
    ]


def test_nobody_else_gets_a_report():
    assert an_answer().get_content_type() == "multipart/mixed"


def test_what_was_not_done_is_told():
    message = an_answer(job=a_job(options=JobOptions(not_done=("^LEGAL", "cp=on"))))

    assert "does not do: ^LEGAL, cp=on." in message.get_body(("plain",)).get_content()


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_was_asked_adds_no_field(envid, orcpt):
    job = a_job(options=JobOptions(envid=envid + "x", orcpt="rfc822;" + orcpt))
    answer = compose_answer(
        a_notification(), job, [], original=ORIGINAL, enclosure=ENCLOSURE, letterhead=LETTERHEAD
    )

    about_mail, about_recipient = blocks_of(message_from_bytes(answer.as_bytes(), policy=policy.default))

    assert set(about_mail) == {"Original-Envelope-Id", "Reporting-MTA", "Arrival-Date"}
    assert set(about_recipient) <= {"Original-Recipient", "Final-Recipient", "Action", "Status"}


@pytest.mark.parametrize(
    ("notify", "success", "failure"),
    [("", True, True), ("NEVER", False, False), ("FAILURE", False, True), ("SUCCESS,DELAY", True, False)],
)
def test_notify_says_what_is_wanted(notify, success, failure):
    options = JobOptions(notify=notify)

    assert (options.wants("SUCCESS"), options.wants("FAILURE")) == (success, failure)
