"""Rows as model values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Row

from gateway.model.attempt import Attempt
from gateway.model.collected import Refusal
from gateway.model.ids import AttemptId, BlobRef, JobId, NotificationId, ReceivedId, SubmissionId
from gateway.model.job import Failure, Job, Sender
from gateway.model.lifecycle import JobState
from gateway.model.notification import Notification, NotificationKind
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions
from gateway.model.received import ReceivedFax, ReceivedState
from gateway.model.submission import Submission
from gateway.ports.job_store import TraceRow
from gateway.store import tables
from telephony import Disposition

JOB_COLUMNS = tuple(tables.job.columns)


def job_from(row: Sequence[Any]) -> Job:
    """The job in a row of JOB_COLUMNS."""
    # One unpacking instead of twenty look-ups by name: this runs for every claim and every record.
    (id_, submission_id, state, number, address, created_at, due_at, attempts, pages_confirmed) = row[:9]
    (mail, name, station_id, caller_number, pages, page_count, code, reason, remedy) = row[9:18]
    (leased_by, leased_until, version, recipient_name, recipient_company, options, _) = row[18:]
    return Job(
        id=JobId(id_),
        submission_id=SubmissionId(submission_id),
        state=JobState(state),
        number=FaxNumber(number),
        address=address,
        created_at=created_at,
        due_at=due_at,
        attempts=attempts,
        pages_confirmed=pages_confirmed,
        sender=None if mail is None else Sender(mail, name, station_id, caller_number),
        pages=None if pages is None else BlobRef(pages),
        page_count=page_count,
        failure=None if code is None else Failure(code, reason, remedy),
        leased_by=leased_by,
        leased_until=leased_until,
        version=version,
        recipient_name=recipient_name or "",
        recipient_company=recipient_company or "",
        options=JobOptions.from_json(options),
    )


def submission_from(row: Row[Any]) -> Submission:
    """The submission in a row of its table."""
    return Submission(
        id=SubmissionId(row.id),
        mail_from=row.mail_from,
        message=BlobRef(row.message),
        client=row.client,
        accepted_at=row.accepted_at,
        pages=None if row.pages is None else BlobRef(row.pages),
        page_count=row.page_count,
    )


def attempt_from(row: Row[Any]) -> Attempt:
    """The attempt in a row of its table with `pages_confirmed`, the length of its page journal."""
    return Attempt(
        id=AttemptId(row.id),
        job_id=JobId(row.job_id),
        number=row.number,
        trunk=row.trunk,
        node=row.node,
        first_page=row.first_page,
        started_at=row.started_at,
        ended_at=row.ended_at,
        disposition=None if row.disposition is None else Disposition(row.disposition),
        pages_confirmed=row.pages_confirmed,
        sip_status=row.sip_status,
        detail=row.detail,
        medium=row.medium,
        bit_rate=row.bit_rate,
        ecm=row.ecm,
        compression=row.compression,
        remote_id=row.remote_id,
        bad_rows=row.bad_rows,
    )


def trace_from(row: Row[Any]) -> TraceRow:
    """The line of history in a row of its table."""
    return TraceRow(row.at, JobId(row.job_id), row.event, JobState(row.state), row.node, row.text)


def received_from(row: Row[Any]) -> ReceivedFax:
    """The received fax in a row of its table."""
    return ReceivedFax(
        id=ReceivedId(row.id),
        state=ReceivedState(row.state),
        call_id=row.call_id,
        called=row.called,
        caller=row.caller,
        spool=Path(row.spool),
        node=row.node,
        started_at=row.started_at,
        ended_at=row.ended_at,
        remote_id=row.remote_id,
        sub_address=row.sub_address,
        page_count=row.page_count,
        pages=None if row.pages is None else BlobRef(row.pages),
        detail=row.detail,
        job_id=None if row.job_id is None else JobId(row.job_id),
        mailbox=row.mailbox,
    )


def notification_from(row: Row[Any]) -> Notification:
    """The notification in a row of its table, as it is when claimed: this try is not counted."""
    return Notification(
        id=NotificationId(row.id),
        kind=NotificationKind(row.kind),
        mailbox=row.mailbox,
        job_id=None if row.job_id is None else JobId(row.job_id),
        received_id=None if row.received_id is None else ReceivedId(row.received_id),
        created_at=row.created_at,
        tries=row.tries - 1,
        message_id=row.message_id,
        refusal=None if row.refusal is None else Refusal.from_json(row.refusal),
    )
