"""One answer for all faxes of a mail."""

from datetime import UTC, datetime

from gateway.model.ids import JobId, SubmissionId
from gateway.model.job import Failure, Job
from gateway.model.lifecycle import JobState
from gateway.model.notification import Notification, NotificationKind
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions
from gateway.notifying.compose import compose_summary
from gateway.notifying.letter import Enclosure, Letterhead, Original

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def a_job(number: str, state: JobState, name: str = "", **facts) -> Job:
    ids = (JobId(f"J{number}"), SubmissionId("S"))
    return Job(*ids, state, FaxNumber(number), "list@fax.example.com", NOW, NOW, recipient_name=name, **facts)


BUSY = Failure("busy", "The line was busy.", "Try later.")
JOBS = [
    a_job("+4930100", JobState.DELIVERED, "Ann", page_count=2, options=JobOptions(not_done=("[::x]",))),
    a_job("+4930200", JobState.FAILED, '=cmd("x")', failure=BUSY),
]


def composed(jobs=JOBS):
    notification = Notification(
        "N", NotificationKind.SUMMARY, "ann@example.com", JobId("J"), None, NOW, 0, "<n@here>"
    )
    letterhead = Letterhead("fax@example.com", "here", UTC)
    return compose_summary(notification, jobs, Original("<m@example.com>", "Offer"), Enclosure(), letterhead)


def test_it_has_a_line_for_each_number():
    mail = composed()

    text = mail.get_body(("plain",)).get_content()
    assert mail["Subject"] == "1 of 2 faxes delivered"
    assert mail["In-Reply-To"] == "<m@example.com>"
    assert "+4930100 delivered, 2 pages (Ann)" in " ".join(text.split())
    assert "+4930200 NOT delivered: the line was busy" in " ".join(text.split())
    assert "[::x]" in text


def test_faxes_that_lack_documents_are_counted_and_what_is_missing_is_told_once():
    partly = Failure("partly-sent", 'Part of the mail. "a.pdf" is damaged.', "Save it again.")
    arrived = [
        a_job(number, JobState.DELIVERED, page_count=2, failure=partly) for number in ("+49301", "+49302")
    ]

    mail = composed([*arrived, *JOBS])

    text = mail.get_body(("plain",)).get_content()
    assert mail["Subject"] == "3 of 4 faxes delivered (2 INCOMPLETE)"
    assert "+49301 delivered INCOMPLETE, 2 pages" in " ".join(text.split())
    assert "+4930100 delivered, 2 pages (Ann)" in " ".join(text.split())
    assert text.count('Part of the mail. "a.pdf" is damaged. What to do: Save it again.') == 1
    assert "Save it again." in mail.get_body(("html",)).get_content()


def test_programs_and_spreadsheets_get_a_table_without_formulas():
    (table,) = [part for part in composed().iter_attachments() if part.get_filename() == "results.csv"]

    rows = table.get_content().splitlines()
    assert rows[0] == "number,name,company,state,pages,reason,job"
    assert rows[1] == "+4930100,Ann,,delivered,2,,J+4930100"
    assert rows[2].startswith('+4930200,"\'=cmd(""x"")",,failed,0,The line was busy.')
