"""The operator's record: one function per business event, one line each, `event key=value`.

Everything that happens to a fax is said here and nowhere else, so that one search finds its whole story. A
line never holds what a document says. Values with spaces or odd characters are quoted; none spans two lines.
"""

import json
import logging
import re
from collections.abc import Sequence
from datetime import timedelta

from gateway.model.ids import AttemptId, JobId, ReceivedId, SubmissionId
from gateway.model.job import Failure, Job, Sender
from gateway.model.notification import Notification
from gateway.model.number import FaxNumber

_log = logging.getLogger("faxgw")
_MOST_NUMBERS = 20  # of one mail that a line names
_PLAIN = re.compile(r"[!#-<>-\[\]-~]+")  # printable ASCII without space, quote, equals sign and backslash


def accepted(
    submission: SubmissionId, *, client: str, mail_from: str, numbers: Sequence[FaxNumber], size: int
) -> None:
    """A mail is stored durably; its client gets its 250. `size` is in bytes."""
    if _log.isEnabledFor(logging.INFO):
        to = ",".join(number.digits for number in numbers[:_MOST_NUMBERS])
        if len(numbers) > _MOST_NUMBERS:
            to += f",and {len(numbers) - _MOST_NUMBERS} more"
        _event("accepted", submission=submission, client=client, mail_from=mail_from, to=to, size=size)


def refused_rcpt(*, client: str, mail_from: str, address: str, reply: str) -> None:
    """A recipient was refused; the client got `reply`."""
    _event("refused_rcpt", client=client, mail_from=mail_from, address=address, reply=reply)


def refused_mail(*, client: str, mail_from: str, reason: str) -> None:
    """A collected mail, or one of its addresses, becomes no fax."""
    _event("refused_mail", logging.WARNING, client=client, mail_from=mail_from, reason=reason)


def wrong_password(*, client: str, name: str) -> None:
    """A client gave a wrong user name or password."""
    _event("wrong_password", logging.WARNING, client=client, name=name)


def resolved(job: Job, sender: Sender) -> None:
    """The sender is known and allowed."""
    _event("resolved", job=job.id, sender=sender.mail, name=sender.name, number=job.number)


def rendered(job: Job, *, pages: int, took: timedelta) -> None:
    """The documents are pages now."""
    _event("rendered", job=job.id, pages=pages, took=_duration(took))


def render_failed(job: Job, failure: Failure) -> None:
    """The documents cannot become pages; the sender is told."""
    _event("render_failed", logging.WARNING, job=job.id, code=failure.code, reason=failure.reason)


def attempt_started(job: Job, *, attempt: AttemptId, trunk: str, first_page: int) -> None:
    """The attempt row is written; the call is dialled now."""
    _event(
        "attempt_started",
        job=job.id,
        attempt=attempt,
        number=job.number,
        trunk=trunk,
        count=job.attempts + 1,
        first_page=first_page,
    )


def trunk_failed(job: Job, *, attempt: AttemptId, trunk: str, next_trunk: str) -> None:
    """A trunk did not take the call; it is made over the next one at once."""
    _event("trunk_failed", job=job.id, attempt=attempt, number=job.number, trunk=trunk, next_trunk=next_trunk)


def page_confirmed(
    job: JobId, *, attempt: AttemptId, page: int, bit_rate: int, rows: int, bad_rows: int
) -> None:
    """The far end has one more page. `bit_rate` is in bit/s."""
    _event(
        "page_confirmed",
        job=job,
        attempt=attempt,
        page=page,
        bit_rate=bit_rate,
        rows=rows,
        bad_rows=bad_rows,
    )


def attempt_ended(
    job: Job,
    *,
    attempt: AttemptId,
    disposition: str,
    pages_confirmed: int,
    duration: timedelta,
    sip_status: int | None = None,
    detail: str = "",
) -> None:
    """A call is over."""
    _event(
        "attempt_ended",
        job=job.id,
        attempt=attempt,
        number=job.number,
        disposition=disposition,
        pages_confirmed=pages_confirmed,
        duration=_duration(duration),
        sip_status=sip_status,
        detail=detail,
    )


def job_finished(job: Job) -> None:
    """The job is in a terminal state."""
    failure = job.failure
    _event(
        "job_finished",
        job=job.id,
        state=job.state,
        number=job.number,
        attempts=job.attempts,
        pages_confirmed=job.pages_confirmed,
        page_count=job.page_count,
        code=failure.code if failure else None,
    )


def notification_sent(notification: Notification) -> None:
    """The mail server has taken the answer."""
    _notification("notification_sent", logging.INFO, notification)


def notification_postponed(notification: Notification, *, delay: timedelta, reason: str) -> None:
    """The answer could not leave now and is tried again after `delay`."""
    _notification(
        "notification_postponed", logging.WARNING, notification, delay=_duration(delay), reason=reason
    )


def notification_given_up(notification: Notification, reason: str) -> None:
    """The answer will never leave; it is kept for the operators."""
    _notification("notification_given_up", logging.ERROR, notification, reason=reason)


def call_arrived(*, call_id: str, called: str, caller: str) -> None:
    """A call rings."""
    _event("call_arrived", call_id=call_id, called=called, caller=caller)


def document_polled(
    *, call_id: str, called: str, caller: str, remote_id: str, sub_address: str, pages: int, complete: bool
) -> None:
    """A caller fetched the document that lies ready at one of our numbers."""
    _event(
        "document_polled",
        call_id=call_id,
        called=called,
        caller=caller,
        remote_id=remote_id,
        sub_address=sub_address,
        pages=pages,
        complete="yes" if complete else "no",
    )


def fax_received(
    received: ReceivedId,
    *,
    called: str,
    caller: str,
    remote_id: str,
    sub_address: str = "",
    pages: int,
    complete: bool,
    mailboxes: Sequence[str],
) -> None:
    """A call that came in is over; its pages are stored and its mailboxes are owed a mail."""
    _event(
        "fax_received",
        received=received,
        called=called,
        caller=caller,
        remote_id=remote_id,
        sub_address=sub_address,
        pages=pages,
        complete="yes" if complete else "no",
        mailboxes=",".join(mailboxes),
    )


def lease_expired(job: Job) -> None:
    """The node that owned the job died; the job is at rest again."""
    _event("lease_expired", logging.WARNING, job=job.id, state=job.state, number=job.number)


def held(job: Job, reason: str) -> None:
    """The job waits for a person."""
    _event("held", logging.ERROR, job=job.id, state=job.state, number=job.number, reason=reason)


def _notification(event: str, level: int, notification: Notification, **more: object) -> None:
    _event(
        event,
        level,
        notification=notification.id,
        kind=notification.kind,
        mailbox=notification.mailbox,
        job=notification.job_id,
        received=notification.received_id,
        tries=notification.tries + 1,
        **more,
    )


def _event(event: str, level: int = logging.INFO, /, **facts: object) -> None:
    if _log.isEnabledFor(level):
        shown = (f"{key}={_quoted(str(value))}" for key, value in facts.items() if value is not None)
        _log.log(level, "%s", " ".join((event, *shown)))


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _duration(duration: timedelta) -> str:
    return f"{duration.total_seconds():.1f}s"
