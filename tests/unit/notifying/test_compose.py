"""What an answer says and how it is built."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.attempt import Attempt
from gateway.model.ids import AttemptId, BlobRef, JobId, NotificationId, ReceivedId, SubmissionId
from gateway.model.job import Failure, Job
from gateway.model.lifecycle import JobState
from gateway.model.notification import Notification, NotificationKind
from gateway.model.number import IN_THE_MAIL, FaxNumber
from gateway.model.options import JobOptions
from gateway.model.received import ReceivedFax, ReceivedState
from gateway.notifying.compose import compose_answer, compose_received
from gateway.notifying.letter import Enclosure, Letterhead, Original
from telephony import Disposition

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LETTERHEAD = Letterhead("Fax <fax@example.com>", "node1", ZoneInfo("Europe/Berlin"))
ENCLOSURE = Enclosure(pdf=b"%PDF-1.7", picture=b"\x89PNG")
ORIGINAL = Original("<abc@example.com>", "Offer 7")
BUSY = Failure("busy", "The line was busy at every attempt.", "Send it again later.")


def a_notification(kind: NotificationKind = NotificationKind.DELIVERED) -> Notification:
    return Notification(
        NotificationId("N1"), kind, "anna@example.com", JobId("J1"), None, NOW, 0, "<n1@node1>"
    )


def a_job(state: JobState = JobState.DELIVERED, **facts) -> Job:
    return Job(
        **{
            "id": JobId("J1"),
            "submission_id": SubmissionId("S1"),
            "state": state,
            "number": FaxNumber("+49301234567"),
            "address": "+49301234567@fax.example.com",
            "created_at": NOW,
            "due_at": NOW,
            "attempts": 1,
            "pages_confirmed": 2,
            "page_count": 2,
            **facts,
        }
    )


def an_attempt(number: int = 1, disposition: Disposition | None = Disposition.DELIVERED, **facts) -> Attempt:
    return Attempt(
        **{
            "id": AttemptId(f"A{number}"),
            "job_id": JobId("J1"),
            "number": number,
            "trunk": "main",
            "node": "node1",
            "first_page": 1,
            "started_at": NOW,
            "ended_at": NOW + timedelta(seconds=83),
            "disposition": disposition,
            **facts,
        }
    )


def an_answer(**changes) -> EmailMessage:
    """The answer as a mail program gets it."""
    given = {
        "notification": a_notification(),
        "job": a_job(),
        "attempts": [an_attempt(medium="t38", bit_rate=14400, ecm=True, remote_id="+49 30 1234567")],
        "original": ORIGINAL,
        "enclosure": ENCLOSURE,
        "letterhead": LETTERHEAD,
        **changes,
    }
    message = compose_answer(given.pop("notification"), given.pop("job"), given.pop("attempts"), **given)
    return message_from_bytes(message.as_bytes(policy=policy.SMTP), policy=policy.default)


def the_text(message: EmailMessage, kind: str = "plain") -> str:
    return message.get_body((kind,)).get_content().replace("\r\n", "\n")


def test_a_delivered_fax_is_told_with_its_facts():
    message = an_answer()

    assert message["Subject"] == "Fax to +49301234567 delivered"
    assert (
        the_text(message)
        == """\
Your fax to +49301234567 was delivered. The receiving fax machine confirmed every page.

Your mail:       Offer 7
Fax number:      +49301234567
Pages:           2
Delivered:       2 March 2026, 10:31 CET
Call:            1 min 23 s
Attempts:        1
Answered as:     +49 30 1234567
Transmission:    14400 bit/s, with error correction, T.38

Calls made:
1. 2 March 2026, 10:30 CET, delivered, 14400 bit/s, with error correction, T.38, +49 30 1234567

Job J1 on node1
"""
    )


def test_a_fax_that_lacks_documents_is_not_told_like_a_whole_one():
    partly = Failure("partly-sent", 'Part of it. "a.pdf" is <damaged>.', "Save it again.")
    message = an_answer(job=a_job(failure=partly))

    subject = message["Subject"].strip()
    assert subject == "Fax to +49301234567 delivered INCOMPLETE: part of it could not be sent"
    assert the_text(message).startswith("Your fax to +49301234567 was delivered INCOMPLETE.")
    assert 'Part of it. "a.pdf" is <damaged>.\nWhat to do: Save it again.\n' in the_text(message)
    assert "&lt;damaged&gt;" in the_text(message, "html")
    assert "<b>What to do:</b> Save it again." in the_text(message, "html")
    assert (message["X-Fax-State"], message["X-Fax-Code"]) == ("delivered", "partly-sent")


def test_a_fax_that_lacks_documents_and_waits_is_told_as_delayed():
    partly = Failure("partly-sent", "Part of it.", "Save it again.")
    message = an_answer(
        notification=a_notification(NotificationKind.DELAYED), job=a_job(JobState.DEFERRED, failure=partly)
    )

    assert message["Subject"] == "Fax to +49301234567 delayed"


def test_a_fax_that_waits_for_an_administrator_is_told_with_the_reason():
    partly = Failure("partly-sent", "Part of it.", "Save it again.")
    message = an_answer(
        notification=a_notification(NotificationKind.DELAYED),
        job=a_job(JobState.HELD, failure=partly, pages_confirmed=0, page_count=0, attempts=0),
        attempts=[],
    )

    assert message["Subject"].strip() == "Fax to +49301234567 held: part of it could not be sent"
    assert (
        the_text(message)
        == """\
Your fax to +49301234567 has not been sent yet. An administrator of the fax server decides whether it is
sent as it is, and you get another mail then.

Part of it.
What to do: Save it again.

Your mail:       Offer 7
Fax number:      +49301234567

Job J1 on node1
"""
    )
    assert "<b>What to do:</b> Save it again." in the_text(message, "html")


def test_a_failed_fax_is_told_with_reason_and_remedy():
    message = an_answer(
        notification=a_notification(NotificationKind.FAILED),
        job=a_job(JobState.FAILED, failure=BUSY, pages_confirmed=0),
        attempts=[an_attempt(n, Disposition.BUSY, sip_status=486) for n in (1, 2)],
    )

    assert message["Subject"] == "Fax to +49301234567 NOT delivered: the line was busy"
    assert "The line was busy at every attempt.\nWhat to do: Send it again later.\n" in the_text(message)
    assert "2. 2 March 2026, 10:30 CET, the line was busy, SIP 486\n" in the_text(message)
    assert "<b>What to do:</b> Send it again later." in the_text(message, "html")


def test_a_fax_that_was_not_fetched_is_not_told_like_one_that_was_not_delivered():
    message = an_answer(
        notification=a_notification(NotificationKind.FAILED),
        job=a_job(
            JobState.FAILED,
            options=JobOptions(poll=True),
            failure=Failure("nothing_to_poll", "No fax lies ready for us at this number.", "Ask its owner."),
        ),
        attempts=[an_attempt(disposition=Disposition.NOTHING_TO_POLL)],
        enclosure=Enclosure(),
    )

    assert message["Subject"] == "Fax from +49301234567 NOT fetched: no fax lies ready there"
    for part in message.walk():
        if part.get_content_maintype() == "text":
            assert "No fax lies ready for us" in part.get_content()
            assert "delivered" not in part.get_content()


def test_a_fax_that_never_became_a_call_says_nothing_of_calls():
    failure = Failure("document-protected", 'The document "a.pdf" is protected.', "Send it without.")
    message = an_answer(
        notification=a_notification(NotificationKind.FAILED),
        job=a_job(JobState.FAILED, failure=failure, page_count=0, pages_confirmed=0),
        attempts=[],
        enclosure=Enclosure(),
    )

    assert message["Subject"].endswith("NOT delivered: a document is protected by a password")
    assert "Calls made" not in the_text(message) + the_text(message, "html")
    assert "Pages" not in the_text(message)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_a_list_that_became_no_fax_is_named_by_the_address_it_was_sent_to():
    job = a_job(
        JobState.FAILED,
        number=IN_THE_MAIL,
        address="list@fax.example.com",
        failure=Failure("unreadable-list", "Several lists.", "Put them into one."),
    )

    answer = an_answer(notification=a_notification(NotificationKind.FAILED), job=job, attempts=[])

    assert answer["Subject"] == (
        "Fax to list@fax.example.com NOT delivered: its list of recipients cannot be read"
    )
    assert "in-the-mail" not in the_text(answer)


def test_a_delayed_fax_is_told():
    message = an_answer(notification=a_notification(NotificationKind.DELAYED), job=a_job(JobState.DEFERRED))

    assert message["Subject"] == "Fax to +49301234567 delayed"


def test_pages_that_arrived_of_a_broken_fax_are_counted():
    message = an_answer(job=a_job(pages_confirmed=1, page_count=3))

    assert "Pages:           1 of 3 arrived" in the_text(message)


def test_a_call_cut_off_by_our_fault_is_told():
    message = an_answer(attempts=[an_attempt(1, None), an_attempt(2)])

    assert "may have received some pages twice" in the_text(message)
    assert "1. 2 March 2026, 10:30 CET, outcome not known" in the_text(message)


def test_the_fax_is_attached_and_its_first_page_shown():
    message = an_answer()

    (attachment,) = message.iter_attachments()
    html = message.get_body(("html",))
    related = message.get_body(("related", "html"))
    picture = next(iter(related.iter_attachments()))
    assert (attachment.get_filename(), attachment.get_content()) == ("fax-+49301234567.pdf", b"%PDF-1.7")
    assert attachment.get_content_type() == "application/pdf"
    assert f"cid:{picture['Content-ID'].strip('<>')}" in html.get_content()


def test_a_fax_that_cannot_be_shown_is_told_in_words():
    message = an_answer(enclosure=Enclosure(note="The fax itself cannot be attached."))

    assert "The fax itself cannot be attached." in the_text(message)
    assert "<img" not in the_text(message, "html")
    assert list(message.iter_attachments()) == []


def test_an_answer_threads_with_its_mail_and_is_told_apart_by_programs():
    message = an_answer()

    assert dict(message.items()) == {
        "Subject": "Fax to +49301234567 delivered",
        "From": "Fax <fax@example.com>",
        "To": "anna@example.com",
        "Date": "Mon, 02 Mar 2026 10:30:00 +0100",
        "Message-ID": "<n1@node1>",
        "Auto-Submitted": "auto-replied",
        "In-Reply-To": "<abc@example.com>",
        "References": "<abc@example.com>",
        "X-Fax-Job": "J1",
        "X-Fax-Number": "+49301234567",
        "X-Fax-State": "delivered",
        "X-Fax-Disposition": "delivered",
        "X-Fax-Pages": "2",
        "X-Fax-Pages-Confirmed": "2",
        "X-Fax-Attempts": "1",
        "MIME-Version": "1.0",
        "Content-Type": message["Content-Type"],
    }


def test_html_from_outside_is_shown_not_obeyed():
    message = an_answer(original=Original("", "<script>alert(1)</script>"))

    assert "&lt;script&gt;" in the_text(message, "html")
    assert "<script>" not in the_text(message, "html")


def test_a_mailbox_no_header_can_say_gets_its_answer_all_the_same():
    message = an_answer(notification=replace(a_notification(), mailbox=".:"))

    assert message["To"] == "undisclosed-recipients:;"


USUAL_HEADERS = {name.lower() for name in an_answer().keys()}  # noqa: SIM118
EVIL = st.text(st.characters(codec=None) | st.sampled_from("\r\n<>@:;,\"'"), max_size=60)


@settings(max_examples=60, deadline=None)
@given(EVIL, EVIL, EVIL, EVIL)
def test_no_value_from_outside_adds_a_header(subject, message_id, remote_id, mailbox):
    notification = replace(a_notification(), mailbox=mailbox, message_id=message_id)
    message = compose_answer(
        notification,
        a_job(failure=Failure(subject, subject, subject)),
        [an_attempt(remote_id=remote_id, detail=subject)],
        original=Original(message_id, subject),
        enclosure=ENCLOSURE,
        letterhead=LETTERHEAD,
    )

    raw = message.as_bytes(policy=policy.SMTPUTF8)

    read = message_from_bytes(raw, policy=policy.compat32)
    assert {name.lower() for name in read.keys()} <= USUAL_HEADERS | {"x-fax-code"}  # noqa: SIM118
    assert read.get_content_type() == "multipart/mixed"


def a_received_fax(**facts) -> ReceivedFax:
    return ReceivedFax(
        **{
            "id": ReceivedId("R1"),
            "state": ReceivedState.RECEIVED,
            "call_id": "c1",
            "called": "+49309990",
            "caller": "+49301112",
            "spool": Path("spool.tif"),
            "node": "node1",
            "started_at": NOW,
            "ended_at": NOW + timedelta(seconds=40),
            "remote_id": "EXAMPLE CLINIC",
            "page_count": 3,
            "pages": BlobRef("0" * 64),
            **facts,
        }
    )


def a_delivery(fax: ReceivedFax) -> EmailMessage:
    notification = replace(a_notification(NotificationKind.RECEIVED), job_id=None, received_id=fax.id)
    message = compose_received(notification, fax, ENCLOSURE, LETTERHEAD)
    return message_from_bytes(message.as_bytes(policy=policy.SMTP), policy=policy.default)


def test_a_received_fax_is_brought_to_its_mailbox():
    message = a_delivery(a_received_fax())

    (attachment,) = message.iter_attachments()
    assert message["Subject"] == "Fax from +49301112"
    assert message["Auto-Submitted"] == "auto-generated"
    assert attachment.get_filename() == "fax-from-+49301112-20260302-1030.pdf"
    assert (
        the_text(message)
        == """\
A fax has come in. It is attached as PDF.

From:            +49301112
Fax machine:     EXAMPLE CLINIC
To number:       +49309990
Pages:           3
Received:        2 March 2026, 10:30 CET
Call:            40 s

Fax R1 on node1
"""
    )


def test_a_partial_fax_is_marked_clearly():
    message = a_delivery(a_received_fax(state=ReceivedState.PARTIAL, detail="The far end hung up."))

    assert message["Subject"] == "INCOMPLETE fax from +49301112"
    assert message["X-Fax-State"] == "partial"
    assert "Why:             The far end hung up." in the_text(message)


def test_a_caller_who_withholds_his_number_is_called_so():
    message = a_delivery(a_received_fax(caller=""))

    assert message["Subject"] == "Fax from a withheld number"
    assert next(message.iter_attachments()).get_filename() == "fax-from-unknown-20260302-1030.pdf"
