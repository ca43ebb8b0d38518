"""An answer as a delivery status notification, for senders that asked for one (RFC 3461).

The words for people stay as they are and become the first part; the second one is for programs.

Spec: RFC 3462 (multipart/report), RFC 3464 (message/delivery-status), RFC 3463 (status codes).
"""

import re
from email.message import EmailMessage, Message
from email.utils import format_datetime

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
    "rejected": "5.7.1",
    "sender-not-allowed": "5.7.1",
    "destination-not-allowed": "5.7.1",
    "line_failed": "5.4.2",
    "interrupted": "5.4.2",
    "trunk_unavailable": "5.4.4",
    "nothing-to-fax": "5.6.0",
}


def make_report(message: EmailMessage, job: Job, kind: NotificationKind, node: str) -> None:
    """The answer is a multipart/report now, unless its sender asked for no such thing."""
    if not (job.options.notify or job.options.orcpt or job.options.envid):
        return
    words = EmailMessage(policy=message.policy)
    for name, value in message.items():
        if name.lower().startswith("content-"):
            words[name] = value
    words.set_payload(message.get_payload())
    message.clear_content()
    message["Content-Type"] = "multipart/report; report-type=delivery-status"
    message.set_payload([words, _status(job, kind, node)])


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
