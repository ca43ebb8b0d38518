"""The rows of a message that is accepted."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.model.ids import SubmissionId
from gateway.model.lifecycle import JobState
from gateway.model.options import PRIORITIES
from gateway.model.submission import NewSubmission, Recipient
from gateway.store import tables
from gateway.store.blobs import Staged
from gateway.store.ids import new_id

_BROADCAST = 20  #: recipients; with more, each waits until those of smaller mails are resolved


def submission_rows(
    submission_id: SubmissionId, submission: NewSubmission, staged: Staged, node: str
) -> Mapping[sa.Table, Sequence[Mapping[str, Any]]]:
    """What the tables get: the message, the submission, and a `received` job a recipient with its history."""
    job_ids = [new_id() for _ in submission.recipients]
    return {
        tables.blob: staged.rows,
        tables.submission: [
            {
                "id": submission_id,
                "mail_from": submission.envelope.mail_from,
                "message": staged.ref,
                "client": submission.client,
            }
        ],
        tables.job: [
            {
                "id": job_id,
                "submission_id": submission_id,
                "state": JobState.RECEIVED.value,
                "number": recipient.number.digits,
                "address": recipient.address,
                "recipient_name": recipient.name or None,
                "recipient_company": recipient.company or None,
                "options": recipient.options.to_json(),
                "priority": _rank(recipient, among=len(submission.recipients)),
            }
            for job_id, recipient in zip(job_ids, submission.recipients, strict=True)
        ],
        tables.trace: [
            {
                "job_id": job_id,
                "event": "submitted",
                "state": JobState.RECEIVED.value,
                "node": node,
                "text": submission.client,
            }
            for job_id in job_ids
        ],
    }


def _rank(recipient: Recipient, *, among: int) -> int:
    """Whose turn it is to be resolved; what that finds is the priority from then on.

    What a mail asks for is not known before, so that a small one may be urgent. Options of a list are known.
    """
    rank = recipient.options.rank
    is_broadcast = among > _BROADCAST and PRIORITIES[rank] == "normal"
    return len(PRIORITIES) - 1 if is_broadcast else rank
