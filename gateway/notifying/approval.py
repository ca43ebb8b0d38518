"""Approvals: a fax that waits for somebody's word, and what that word does.

The approver gets a mail. With [approval] url it has a link whose ticket names the job as it waits, and until
when it holds; it is signed, so that nobody can make one, and works once, because the job moves on with it.

Spec: HMAC is RFC 2104 with SHA-256.
"""

import hashlib
import hmac
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from gateway.errors import NotApproved, NotWaiting
from gateway.model.allowance import APPROVAL_NEEDED
from gateway.model.ids import JobId
from gateway.model.job import Failure, Job
from gateway.model.lifecycle import JobEvent, JobState
from gateway.ports.job_store import JobStore, Outcome
from gateway.stage import refusal

KEY_FILE = "approval.key"
_KEY_SIZE = 32  # bytes


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to decide about one job, as it waits now."""

    job: JobId
    version: int
    approver: str
    until: datetime


class Tickets:
    """Makes tickets and reads them."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issued(self, ticket: Ticket) -> str:
        """The ticket as text that can stand in a link."""
        said = (ticket.job, str(ticket.version), str(int(ticket.until.timestamp())), ticket.approver)
        body = urlsafe_b64encode("\n".join(said).encode()).rstrip(b"=").decode()
        return f"{body}.{self._signature(body)}"

    def read(self, text: str, now: datetime) -> Ticket | None:
        """The ticket, or None when it is none of ours or does not hold any more."""
        body, _, signature = text.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(body).encode()):
            return None
        try:
            plain = urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
            job, version, until, approver = plain.split("\n")
            ticket = Ticket(JobId(job), int(version), approver, datetime.fromtimestamp(int(until), UTC))
        except (ValueError, OverflowError):
            return None
        return ticket if now <= ticket.until else None

    def _signature(self, body: str) -> str:
        digest = hmac.new(self._key, b"faxgw approval " + body.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def key_in(file: Path) -> bytes:
    """The key in the file, which is made when there is none."""
    if not file.exists():
        _make_key(file)
    return file.read_bytes()


def _make_key(file: Path) -> None:
    with suppress(FileExistsError):
        fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
            new.write(secrets.token_bytes(_KEY_SIZE))
        try:
            os.link(fresh, file)  # whole or not at all, and never in place of another
        finally:
            fresh.unlink()


def waits_for_approval(job: Job) -> bool:
    """Somebody has to approve it."""
    return job.state is JobState.HELD and job.failure is not None and job.failure.code == APPROVAL_NEEDED


async def decide(
    jobs: JobStore, job_id: JobId, *, approve: bool, by: str, version: int | None = None, why: str = ""
) -> Job:
    """The job goes on, or is cancelled and its sender told who denied it.

    Raises:
        NotWaiting: there is nothing to decide, or no more as it was at `version`.
    """
    try:
        job = await jobs.get(job_id)
    except KeyError:
        raise NotWaiting from None
    if not waits_for_approval(job) or (version is not None and job.version != version):
        raise NotWaiting
    if approve:
        options = replace(job.options, approved_by=by)
        return await jobs.record(
            job, JobEvent.WAS_RELEASED, Outcome(options=options, trace=f"Approved by {by}.")
        )
    reason = f"{by} did not approve this fax{f': {why}' if why else ''}."
    failure = Failure(NotApproved.code, reason, NotApproved.remedy)
    return await jobs.record(job, JobEvent.WAS_CANCELLED, refusal(job, failure))
