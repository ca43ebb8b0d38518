"""Answers as mails: what happened to a fax, in words, with the fax as PDF and its first page as a picture.

Pure: facts in, message out.
"""

import re
from collections.abc import Sequence
from email.message import EmailMessage

from gateway.model.allowance import APPROVAL_NEEDED
from gateway.model.attempt import Attempt
from gateway.model.collected import Refusal
from gateway.model.job import Job
from gateway.model.lifecycle import JobState
from gateway.model.notification import Notification, NotificationKind
from gateway.model.number import IN_THE_MAIL
from gateway.model.received import ReceivedFax, ReceivedState
from gateway.notifying import summary, words
from gateway.notifying.letter import (
    PICTURE,
    Enclosure,
    Letterhead,
    Original,
    add_machine_readable,
    answer_to,
    duration,
    enclose,
    line,
    new_letter,
    when,
)
from gateway.notifying.report import make_report

_NOT_IN_NAMES = re.compile(r"[^0-9A-Za-z+-]+")


def compose_answer(
    notification: Notification,
    job: Job,
    attempts: Sequence[Attempt],
    *,
    original: Original,
    enclosure: Enclosure,
    letterhead: Letterhead,
) -> EmailMessage:
    """The answer about a job, for its sender."""
    last = attempts[-1] if attempts else None
    facts = {
        # Of a list that became no fax there is only the address it was sent to.
        "number": line(job.address) if job.number == IN_THE_MAIL else job.number.digits,
        "original": line(original.subject),
        "pages": words.pages_in_words(job.pages_confirmed, job.page_count),
        "ended": when(last.ended_at, letterhead) if last else "",
        "duration": duration(last.started_at, last.ended_at) if last else "",
        "attempt_count": str(len(attempts) or ""),
        "attempts": _calls(attempts, letterhead),
        "remote_id": line(last.remote_id) if last else "",
        "transmission": words.transmission_in_words(last.medium, last.bit_rate, ecm=last.ecm) if last else "",
        "possibly_twice": words.POSSIBLY_TWICE if _cut_off(attempts) else "",
        "words": words.in_words(_code(job, last)),
        "reason": line(job.failure.reason) if job.failure else "",
        "remedy": line(job.failure.remedy) if job.failure else "",
        "note": "\n\n".join(filter(None, (words.not_done_in_words(job.options.not_done), enclosure.note))),
        "picture": PICTURE if enclosure.picture else "",
        "job": job.id,
        "node": letterhead.node,
    }
    message = new_letter(notification, _template(notification, job), facts, enclosure, letterhead)
    answer_to(message, original.message_id)
    add_machine_readable(
        message,
        {
            "Job": job.id,
            "Number": job.number.digits,
            "State": notification.kind.value,
            "Disposition": last.disposition if last and last.disposition else "",
            "Code": job.failure.code if job.failure else "",
            "Pages": str(job.page_count),
            "Pages-Confirmed": str(job.pages_confirmed),
            "Attempts": str(len(attempts)),
        },
    )
    enclose(message, enclosure, f"fax-{_NOT_IN_NAMES.sub('', job.number.digits)}.pdf")
    make_report(message, job, notification.kind, letterhead.node, enclosure.returned)
    return message


def compose_approval(
    notification: Notification,
    job: Job,
    *,
    original: Original,
    enclosure: Enclosure,
    letterhead: Letterhead,
    link: str,
) -> EmailMessage:
    """The mail that asks somebody to approve a fax. `link` leads to the page where he can, or is ""."""
    sender = job.sender.mail if job.sender else ""
    name = job.sender.name if job.sender else ""
    facts = {
        "number": job.number.digits,
        "sender": line(f"{name} <{sender}>" if name else sender),
        "reason": line(job.failure.reason) if job.failure else "",
        "original": line(original.subject),
        "pages": str(job.page_count),
        "link": link,
        "note": enclosure.note,
        "picture": PICTURE if enclosure.picture else "",
        "job": job.id,
        "node": letterhead.node,
    }
    message = new_letter(notification, "approval", facts, enclosure, letterhead)
    add_machine_readable(message, {"Job": job.id, "Number": job.number.digits, "State": "held"})
    enclose(message, enclosure, f"fax-{_NOT_IN_NAMES.sub('', job.number.digits)}.pdf")
    return message


def compose_summary(
    notification: Notification,
    jobs: Sequence[Job],
    original: Original,
    enclosure: Enclosure,
    letterhead: Letterhead,
) -> EmailMessage:
    """The one answer about all faxes of a mail."""
    facts = summary.facts_of(jobs) | {
        "original": line(original.subject),
        "picture": PICTURE if enclosure.picture else "",
    }
    message = new_letter(notification, "summary", facts, enclosure, letterhead)
    answer_to(message, original.message_id)
    said = {"State": "summary", "Count": facts["count"], "Delivered": facts["delivered"]}
    add_machine_readable(message, said)
    message.add_attachment(summary.table_of(jobs), subtype="csv", filename="results.csv")
    enclose(message, enclosure, "fax.pdf")
    return message


def compose_received(
    notification: Notification, fax: ReceivedFax, enclosure: Enclosure, letterhead: Letterhead
) -> EmailMessage:
    """The mail that brings a received fax to a mailbox."""
    is_partial = fax.state is ReceivedState.PARTIAL
    facts = {
        "caller": line(fax.caller) or words.WITHHELD,
        "called": line(fax.called),
        "remote_id": line(fax.remote_id),
        "sub_address": line(fax.sub_address),
        "pages": str(fax.page_count),
        "started": when(fax.started_at, letterhead),
        "duration": duration(fax.started_at, fax.ended_at),
        "detail": line(fax.detail),
        "note": enclosure.note,
        "picture": PICTURE if enclosure.picture else "",
        "received": fax.id,
        "node": letterhead.node,
    }
    message = new_letter(notification, "partial" if is_partial else "received", facts, enclosure, letterhead)
    add_machine_readable(
        message,
        {
            "Received": fax.id,
            "State": fax.state.value,
            "Caller": fax.caller,
            "Called": fax.called,
            "Remote-Id": fax.remote_id,
            "Sub-Address": fax.sub_address,
            "Pages": str(fax.page_count),
        },
    )
    caller = _NOT_IN_NAMES.sub("", fax.caller) or "unknown"
    at = fax.started_at.astimezone(letterhead.timezone)
    enclose(message, enclosure, f"fax-from-{caller}-{at:%Y%m%d-%H%M}.pdf")
    return message


def compose_refusal(notification: Notification, refusal: Refusal, letterhead: Letterhead) -> EmailMessage:
    """The answer to a mail that became no fax, or not all that its sender wanted."""
    facts = {
        "original": line(refusal.subject) or words.NO_SUBJECT,
        "reasons": "\n".join(f"- {line(reason)}" for reason in refusal.reasons),
        "node": letterhead.node,
    }
    message = new_letter(notification, "refused", facts, Enclosure(), letterhead)
    answer_to(message, refusal.message_id)
    add_machine_readable(message, {"State": "refused"})
    return message


def _template(notification: Notification, job: Job) -> str:
    """The words of an answer: a fax that lacks documents is not told like a whole one."""
    if job.options.poll and notification.kind is NotificationKind.FAILED:
        return "not_fetched"
    if notification.kind is NotificationKind.DELIVERED and summary.is_incomplete(job):
        return "incomplete"
    if job.failure is not None and job.failure.code == APPROVAL_NEEDED:
        return "waiting"
    is_held = job.state is JobState.HELD and job.failure is not None
    return "held" if is_held else notification.kind.value


def _code(job: Job, last: Attempt | None) -> str:
    """What the subject tells: the failure, or how the last call ended."""
    if job.failure is not None and job.failure.code in words.WORDS:
        return job.failure.code
    return str(last.disposition) if last and last.disposition else ""


def _calls(attempts: Sequence[Attempt], letterhead: Letterhead) -> str:
    """A line for each call, each begun by a line break."""
    return "".join(f"\n{attempt.number}. {_call(attempt, letterhead)}" for attempt in attempts)


def _call(attempt: Attempt, letterhead: Letterhead) -> str:
    if attempt.disposition is not None:
        outcome = words.in_words(attempt.disposition)
    else:
        outcome = words.UNKNOWN_OUTCOME if attempt.ended_at else words.UNDER_WAY
    details = (
        when(attempt.started_at, letterhead),
        outcome,
        f"pages {attempt.pages_confirmed}" if attempt.pages_confirmed else "",
        words.transmission_in_words(attempt.medium, attempt.bit_rate, ecm=attempt.ecm),
        line(attempt.remote_id),
        line(attempt.detail) if attempt.disposition != "delivered" else "",
        f"SIP {attempt.sip_status}" if attempt.sip_status and attempt.sip_status >= 300 else "",
    )
    return ", ".join(filter(None, details))


def _cut_off(attempts: Sequence[Attempt]) -> bool:
    """Whether a call ended with its node, before the last one."""
    return any(attempt.disposition is None for attempt in attempts[:-1])
