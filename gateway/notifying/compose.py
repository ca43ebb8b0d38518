"""Answers as mails: what happened to a fax, in words, with the fax as PDF and its first page as a picture.

Pure: facts in, message out. No value from outside can add a header: line breaks and control characters are
taken out of everything that becomes one.

Spec: RFC 3834 (automatic answers), RFC 5322 3.6.4 (threading), RFC 2387 and 2392 (the picture in the HTML).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime

from gateway.model.allowance import APPROVAL_NEEDED
from gateway.model.attempt import Attempt
from gateway.model.collected import Refusal
from gateway.model.job import Job
from gateway.model.notification import Notification, NotificationKind
from gateway.model.received import ReceivedFax, ReceivedState
from gateway.notifying import summary, words
from gateway.notifying.report import make_report
from gateway.notifying.templates import fill_html, fill_text

_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NOT_ASCII = re.compile(r"[^ -~]")
_NOT_IN_NAMES = re.compile(r"[^0-9A-Za-z+-]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_PICTURE = "page1.fax"  # Content-ID, unique within its mail


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all answers of a gateway have in common."""

    sender: str  #: From
    node: str
    timezone: tzinfo | None = None  #: None means the machine's own


@dataclass(frozen=True, slots=True)
class Original:
    """The mail that is answered."""

    message_id: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """The fax itself, as far as it can be shown."""

    pdf: bytes | None = None
    picture: bytes | None = None  #: PNG of page 1
    note: str = ""  #: why something is missing


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
        "number": job.number.digits,
        "original": _line(original.subject),
        "pages": words.pages_in_words(job.pages_confirmed, job.page_count),
        "ended": _when(last.ended_at, letterhead) if last else "",
        "duration": _duration(last.started_at, last.ended_at) if last else "",
        "attempt_count": str(len(attempts) or ""),
        "attempts": _calls(attempts, letterhead),
        "remote_id": _line(last.remote_id) if last else "",
        "transmission": words.transmission_in_words(last.medium, last.bit_rate, ecm=last.ecm) if last else "",
        "possibly_twice": words.POSSIBLY_TWICE if _cut_off(attempts) else "",
        "words": words.in_words(_code(job, last)),
        "reason": _line(job.failure.reason) if job.failure else "",
        "remedy": _line(job.failure.remedy) if job.failure else "",
        "missing": _missing(job),
        "note": "\n\n".join(filter(None, (words.not_done_in_words(job.options.not_done), enclosure.note))),
        "picture": _PICTURE if enclosure.picture else "",
        "job": job.id,
        "node": letterhead.node,
    }
    message = _message(notification, _template(notification, job), facts, enclosure, letterhead)
    _answer_to(message, original.message_id)
    _add_machine_readable(
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
    _enclose(message, enclosure, f"fax-{_NOT_IN_NAMES.sub('', job.number.digits)}.pdf")
    make_report(message, job, notification.kind, letterhead.node)
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
        "sender": _line(f"{name} <{sender}>" if name else sender),
        "reason": _line(job.failure.reason) if job.failure else "",
        "original": _line(original.subject),
        "pages": str(job.page_count),
        "link": link,
        "note": enclosure.note,
        "picture": _PICTURE if enclosure.picture else "",
        "job": job.id,
        "node": letterhead.node,
    }
    message = _message(notification, "approval", facts, enclosure, letterhead)
    _add_machine_readable(message, {"Job": job.id, "Number": job.number.digits, "State": "held"})
    _enclose(message, enclosure, f"fax-{_NOT_IN_NAMES.sub('', job.number.digits)}.pdf")
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
        "original": _line(original.subject),
        "picture": _PICTURE if enclosure.picture else "",
    }
    message = _message(notification, "summary", facts, enclosure, letterhead)
    _answer_to(message, original.message_id)
    said = {"State": "summary", "Count": facts["count"], "Delivered": facts["delivered"]}
    _add_machine_readable(message, said)
    message.add_attachment(summary.table_of(jobs), subtype="csv", filename="results.csv")
    _enclose(message, enclosure, "fax.pdf")
    return message


def compose_received(
    notification: Notification, fax: ReceivedFax, enclosure: Enclosure, letterhead: Letterhead
) -> EmailMessage:
    """The mail that brings a received fax to a mailbox."""
    is_partial = fax.state is ReceivedState.PARTIAL
    facts = {
        "caller": _line(fax.caller) or words.WITHHELD,
        "called": _line(fax.called),
        "remote_id": _line(fax.remote_id),
        "pages": str(fax.page_count),
        "started": _when(fax.started_at, letterhead),
        "duration": _duration(fax.started_at, fax.ended_at),
        "detail": _line(fax.detail),
        "note": enclosure.note,
        "picture": _PICTURE if enclosure.picture else "",
        "received": fax.id,
        "node": letterhead.node,
    }
    message = _message(notification, "partial" if is_partial else "received", facts, enclosure, letterhead)
    _add_machine_readable(
        message,
        {
            "Received": fax.id,
            "State": fax.state.value,
            "Caller": fax.caller,
            "Called": fax.called,
            "Remote-Id": fax.remote_id,
            "Pages": str(fax.page_count),
        },
    )
    caller = _NOT_IN_NAMES.sub("", fax.caller) or "unknown"
    at = fax.started_at.astimezone(letterhead.timezone)
    _enclose(message, enclosure, f"fax-from-{caller}-{at:%Y%m%d-%H%M}.pdf")
    return message


def compose_refusal(notification: Notification, refusal: Refusal, letterhead: Letterhead) -> EmailMessage:
    """The answer to a mail that became no fax, or not all that its sender wanted."""
    facts = {
        "original": _line(refusal.subject) or words.NO_SUBJECT,
        "reasons": "\n".join(f"- {_line(reason)}" for reason in refusal.reasons),
        "node": letterhead.node,
    }
    message = _message(notification, "refused", facts, Enclosure(), letterhead)
    _answer_to(message, refusal.message_id)
    _add_machine_readable(message, {"State": "refused"})
    return message


def _answer_to(message: EmailMessage, message_id: str) -> None:
    if _MESSAGE_ID.fullmatch(message_id):
        message["In-Reply-To"] = message_id
        message["References"] = message_id


def _message(
    notification: Notification, kind: str, facts: dict[str, str], enclosure: Enclosure, letterhead: Letterhead
) -> EmailMessage:
    subject, text = fill_text(kind, facts)
    message = EmailMessage()
    message["Subject"] = _line(subject)
    message["From"] = _line(letterhead.sender)
    _address(message, _line(notification.mailbox))
    # The time it was owed first, so that every try is the same mail.
    message["Date"] = format_datetime(notification.created_at.astimezone(letterhead.timezone))
    if _MESSAGE_ID.fullmatch(notification.message_id):
        message["Message-ID"] = notification.message_id
    is_answer = notification.kind not in (NotificationKind.RECEIVED, NotificationKind.APPROVAL)
    message["Auto-Submitted"] = "auto-replied" if is_answer else "auto-generated"
    message.set_content(text)
    message.add_alternative(fill_html(kind, facts), subtype="html")
    if enclosure.picture:
        html = message.get_payload(1)
        assert isinstance(html, EmailMessage)  # add_alternative has just put it there
        html.add_related(
            enclosure.picture, "image", "png", cid=f"<{_PICTURE}>", filename="page1.png", disposition="inline"
        )
    return message


def _address(message: EmailMessage, mailbox: str) -> None:
    """The mail is for `mailbox`. The envelope decides where it goes, also when no header can say it."""
    try:
        message["To"] = mailbox
    except (AttributeError, IndexError, ValueError, MessageError):
        # The library's parser stumbles over addresses that are none, like ".:".
        message["To"] = "undisclosed-recipients:;"


def _enclose(message: EmailMessage, enclosure: Enclosure, name: str) -> None:
    if enclosure.pdf:
        message.add_attachment(enclosure.pdf, maintype="application", subtype="pdf", filename=name)


def _add_machine_readable(message: EmailMessage, facts: dict[str, str]) -> None:
    for name, fact in facts.items():
        if fact:
            message[f"X-Fax-{name}"] = _NOT_ASCII.sub("?", _line(fact))


def _template(notification: Notification, job: Job) -> str:
    """The words of an answer: a fax that waits for somebody's word is not called again by itself."""
    is_waiting = job.failure is not None and job.failure.code == APPROVAL_NEEDED
    return "waiting" if is_waiting else notification.kind.value


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
        _when(attempt.started_at, letterhead),
        outcome,
        f"pages {attempt.pages_confirmed}" if attempt.pages_confirmed else "",
        words.transmission_in_words(attempt.medium, attempt.bit_rate, ecm=attempt.ecm),
        _line(attempt.remote_id),
        _line(attempt.detail) if attempt.disposition != "delivered" else "",
        f"SIP {attempt.sip_status}" if attempt.sip_status and attempt.sip_status >= 300 else "",
    )
    return ", ".join(filter(None, details))


def _cut_off(attempts: Sequence[Attempt]) -> bool:
    """Whether a call ended with its node, before the last one."""
    return any(attempt.disposition is None for attempt in attempts[:-1])


def _when(at: datetime | None, letterhead: Letterhead) -> str:
    if at is None:
        return ""
    local = at.astimezone(letterhead.timezone)
    return f"{local.day} {local:%B %Y, %H:%M %Z}".strip()


def _duration(started_at: datetime, ended_at: datetime | None) -> str:
    return words.duration_in_words(round((ended_at - started_at).total_seconds())) if ended_at else ""


def _missing(job: Job) -> str:
    """What the pages of a job lack, and what to do about it."""
    if job.failure is None or job.failure.code != "partly-sent":
        return ""
    return _line(f"{job.failure.reason} {job.failure.remedy}")


def _line(text: str) -> str:
    """One line without control characters, fit for a header."""
    return " ".join(_ODD.sub(" ", text).split())
