"""An answer as a delivery status notification, for senders that asked for one (RFC 3461).

The words for people stay as they are and become the first part; the second one is for programs. The third one
is the header of the mail, or all of it where its sender asked for that (RET=FULL) and the fax failed.

Spec: RFC 6522 (multipart/report), RFC 3464 (message/delivery-status), RFC 3463 (status codes).
"""

import re
from email import policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import format_datetime
from pathlib import Path

from gateway.model.job import Job
from gateway.model.notification import NotificationKind

_NOT_ASCII = re.compile(r"[^ -~]+")
_STATUS = {
    NotificationKind.DELIVERED: "2.0.0",
    NotificationKind.DELAYED: "4.4.1",
    NotificationKind.FAILED: "5.0.0",
}
#: RFC 3463 3: failures that have a code of their own; by `Failure.code`.
_FAILED = {
    "busy": "5.4.1",
    "no_answer": "5.4.1",
    "invalid_number": "5.1.1",
    "invalid-number": "5.1.3",
    "unreadable-list": "5.1.3",
    "rejected": "5.7.1",
    "sender-not-allowed": "5.7.1",
    "destination-not-allowed": "5.7.1",
    "line_failed": "5.4.2",
    "interrupted": "5.4.2",
    "trunk_unavailable": "5.4.4",
    "nothing-to-fax": "5.6.0",
}


_MAX_HEADER = 64 * 1024  # bytes
_MAX_RETURNED = 10 * 1024 * 1024  # bytes; of a larger mail the header is enough


def is_wanted(job: Job) -> bool:
    """Whether its sender asked for a report."""
    return bool(job.options.notify or job.options.orcpt or job.options.envid or job.options.ret)


def returned_part(mail: Path, job: Job, kind: NotificationKind) -> Message:
    """What is returned of this raw mail (RFC 3461 4.3): all of it only when the fax failed."""
    is_full = job.options.ret == "FULL" and kind is NotificationKind.FAILED
    if is_full and mail.stat().st_size <= _MAX_RETURNED:
        part = Message()
        part["Content-Type"] = "message/rfc822"
        with mail.open("rb") as file:
            part.set_payload([BytesParser(policy=policy.compat32).parse(file)])
        try:
            part.as_bytes(policy=policy.SMTP)
        except (MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError):
            pass  # what strangers write cannot always be written again: its header can, as text
        else:
            return part
    return _header_of(mail)


def _header_of(mail: Path) -> Message:
    with mail.open("rb") as file:
        beginning = file.read(_MAX_HEADER).replace(b"\r\n", b"\n")
    text = beginning.partition(b"\n\n")[0].decode("utf-8", "replace")
    part = EmailMessage()
    part.set_content(text.replace("\r", " ").replace("\0", " ") + "\n", subtype="rfc822-headers")
    return part


def make_report(
    message: EmailMessage, job: Job, kind: NotificationKind, node: str, returned: Message | None = None
) -> None:
    """The answer is a multipart/report now, unless its sender asked for no such thing."""
    if not is_wanted(job):
        return
    words = EmailMessage(policy=message.policy)
    for name, value in message.items():
        if name.lower().startswith("content-"):
            words[name] = value
    words.set_payload(message.get_payload())
    message.clear_content()
    message["Content-Type"] = "multipart/report; report-type=delivery-status"
    message.set_payload([words, _status(job, kind, node), *([returned] if returned else [])])


def _status(job: Job, kind: NotificationKind, node: str) -> Message:
    part: Message = Message()
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([_of_message(job, node), _of_recipient(job, kind)])
    return part


def _of_message(job: Job, node: str) -> Message:
    return _fields(
        ("Original-Envelope-Id", job.options.envid),
        ("Reporting-MTA", f"dns; {node}"),
        ("Arrival-Date", format_datetime(job.created_at)),
    )


def _of_recipient(job: Job, kind: NotificationKind) -> Message:
    kind_of_address, _, address = job.options.orcpt.partition(";")
    reason = f"X-Fax; {job.failure.code}: {job.failure.reason}" if job.failure else ""
    status = _FAILED.get(job.failure.code, "5.0.0") if job.failure else _STATUS[kind]
    return _fields(
        ("Original-Recipient", f"{kind_of_address}; {address}" if address else ""),
        ("Final-Recipient", f"rfc822; {job.address}"),
        ("Action", kind.value),
        ("Status", status),
        ("Diagnostic-Code", reason),
    )


def _fields(*fields: tuple[str, str]) -> Message:
    block: Message = Message()
    for name, value in fields:
        if value:
            block[name] = _NOT_ASCII.sub("?", value)
    return block
