"""Invitations as Outlook, Exchange and Google send them: when and where stands above the text."""

from email.message import EmailMessage

import pytest

from gateway.config.schema import RenderingSection
from gateway.rendering.attachments import documents_in
from tests.unit.rendering.test_containers import a_mail_with

CALENDAR = """BEGIN:VCALENDAR
METHOD:%s
BEGIN:VEVENT
SUMMARY:Pumps
DTSTART;TZID=Europe/Berlin:20260706T083000
DTEND;TZID=Europe/Berlin:20260706T093000
RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5
LOCATION:Hall B\\, first floor
ORGANIZER;CN=Anna:mailto:anna@example.com
DESCRIPTION:Bring the plans.
END:VEVENT
END:VCALENDAR
"""
LINES = [
    "Begins: Monday, 2026-07-06, 08:30 (Europe/Berlin, UTC+2)",
    "Ends: Monday, 2026-07-06, 09:30 (Europe/Berlin, UTC+2)",
    "Repeats: every week on Monday, 5 times",
    "Place: Hall B, first floor",
]


def an_invitation(method: str = "REQUEST", html: str = "", calendar: str = CALENDAR) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "anna@example.com", "Pumps"
    mail.set_content("Bring the plans.\n")
    if html:
        mail.add_alternative(html, subtype="html")
    mail.add_alternative(calendar % method, subtype="calendar", params={"method": method})
    return mail


def text_of(mail: bytes) -> str:
    (document,) = documents_in(mail).parts
    return document.content.decode()


@pytest.mark.parametrize(
    ("method", "kind"),
    [("REQUEST", "Invitation"), ("CANCEL", "Cancellation"), ("REPLY", "Answer to an invitation")],
)
def test_an_invitation_says_when_and_where_above_its_text(method, kind):
    lines = text_of(an_invitation(method).as_bytes()).splitlines()

    assert lines == [f"Kind: {kind}", *LINES, "", "Bring the plans."]


def test_an_invitation_in_html_says_so_in_html():
    page = text_of(an_invitation(html="<html><body><p>Bring the plans.</p></body></html>").as_bytes())

    assert "<body><p>Kind: Invitation<br>" + "<br>".join(LINES) + "</p><hr><p>Bring" in page


def test_an_invitation_that_was_attached_says_who_sent_it_first():
    saved = an_invitation().as_bytes()

    _, inner = documents_in(a_mail_with(saved, "invitation.eml", text="see there")).parts

    assert inner.content.decode().splitlines()[:4] == [
        "From: anna@example.com",
        "Subject: Pumps",
        "Kind: Invitation",
        LINES[0],
    ]


@pytest.mark.parametrize("calendar", ["no calendar %s", CALENDAR.replace("METHOD:%s\n", "X-A:%s\n")])
def test_what_invites_to_nothing_adds_nothing(calendar):
    assert text_of(an_invitation(calendar=calendar).as_bytes()) == "Bring the plans.\n"


def an_empty_invitation(*, attached_calendar: bool = False) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "anna@example.com", "Pumps"
    mail.set_content("\n")
    mail.add_alternative(CALENDAR % "REQUEST", subtype="calendar", params={"method": "REQUEST"})
    if attached_calendar:
        mail.add_attachment((CALENDAR % "REQUEST").encode(), "application", "ics", filename="invite.ics")
    mail.add_attachment(b"%PDF-1.4 plan", "application", "pdf", filename="plan.pdf")
    return mail


def test_an_invitation_without_text_is_the_page_before_what_was_attached():
    documents = documents_in(an_empty_invitation().as_bytes())

    assert [part.media_type for part in documents.parts] == ["text/calendar", "application/pdf"]
    assert not [note for note in documents.notes if "calendar" in note]


def test_an_invitation_that_came_as_a_file_too_is_printed_once():
    documents = documents_in(an_empty_invitation(attached_calendar=True).as_bytes())

    assert [part.name for part in documents.parts] == ["invite.ics", "plan.pdf"]


def test_who_wants_no_text_of_mails_gets_no_invitation_beside_what_was_attached():
    section = RenderingSection(mail_text="never")

    documents = documents_in(an_empty_invitation().as_bytes(), section)

    assert [part.name for part in documents.parts] == ["plan.pdf"]
