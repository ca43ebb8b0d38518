"""A mail that names its recipients itself becomes a submission with a job for each of them, exactly once."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from email import policy
from email.parser import BytesHeaderParser

from gateway import faxlog
from gateway.config.schema import BroadcastSection
from gateway.errors import InvalidNumber
from gateway.model.collected import Refusal
from gateway.model.dialling import DialPlan
from gateway.model.envelope import Envelope
from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions, Wish
from gateway.model.submission import NewSubmission, Recipient, Submission
from gateway.ports.blobs import Blobs
from gateway.ports.collection import Collection as Queue
from gateway.ports.job_store import JobStore, Outcome
from gateway.resolving.recipients import Named, Row, recipients_in
from gateway.resolving.resolver import Facts

_BEGINNING = 1024 * 1024  # bytes of a message in which commands are looked for
_HEADER_SIZE = 64 * 1024
_MOST_PROBLEMS = 100  # that are told one by one


class Splitter:
    """Makes the jobs of the recipients that a mail names."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        queue: Queue,
        blobs: Blobs,
        plan: DialPlan,
        domains: Collection[str],
        section: BroadcastSection,
        wishes_in: Callable[[bytes], Iterable[Wish]],
    ) -> None:
        self._jobs = jobs
        self._queue = queue
        self._blobs = blobs
        self._plan = plan
        self._domains = frozenset(domain.casefold() for domain in domains)
        self._section = section
        self._wishes_in = wishes_in

    async def split(self, job: Job, submission: Submission, facts: Facts) -> None:
        """The recipients have jobs of their own, which are resolved one by one; this one is over.

        A node that dies in between does it again: the queue remembers what was made of the job.

        Raises:
            InvalidNumber: the mail names nobody, or too many.
        """
        async with self._blobs.file(submission.message) as message:
            raw = await asyncio.to_thread(message.read_bytes)
            wishes = list(self._wishes_in(raw[:_BEGINNING]))
            named = await asyncio.to_thread(recipients_in, raw, wishes, self._domains)
            recipients, problems = named_recipients(
                named, job.address, facts.options, self._plan, self._section
            )
            new = NewSubmission(
                Envelope(submission.mail_from, tuple(recipient.address for recipient in recipients)),
                recipients,
                submission.client,
            )
            answer = (submission.mail_from, _refusal(raw, problems)) if problems else None
            taken = await self._queue.take(f"list {job.id}", message, new, answer=answer)
        trace = (
            f"Became {len(recipients)} faxes of submission {taken.submission_id}; left out: {len(problems)}."
        )
        outcome = Outcome(sender=facts.sender, trace=trace)
        faxlog.job_finished(await self._jobs.record(job, JobEvent.WAS_SPLIT, outcome))


def named_recipients(
    named: Named, address: str, options: JobOptions, plan: DialPlan, section: BroadcastSection
) -> tuple[tuple[Recipient, ...], tuple[str, ...]]:
    """Each number that a mail to `address` names, once; and why some are none.

    Raises:
        InvalidNumber: it names nobody, or too many.
    """
    found: dict[FaxNumber, Recipient] = {}
    problems = []
    common = replace(options, listed=True, summary=section.answer == "summary", without=named.list_name)
    for row in named.rows:
        try:
            number = plan.number(row.number)
        except InvalidNumber as error:
            problems.append(f"{row.number[:60]} {row.name[:60]}: {str(error).rstrip('.')}.")
            continue
        found.setdefault(number, _recipient(address, row, number, common))
    if not found:
        raise InvalidNumber("No fax number was found in this mail.")
    if len(found) > section.max_recipients:
        most = section.max_recipients
        raise InvalidNumber(f"The mail names {len(found)} recipients; one may name {most}.")
    return tuple(found.values()), tuple(problems[:_MOST_PROBLEMS])


def _recipient(address: str, row: Row, number: FaxNumber, options: JobOptions) -> Recipient:
    return Recipient(address, number, row.name[:300], row.company[:300], row.merged(options))


def _refusal(raw: bytes, problems: tuple[str, ...]) -> Refusal:
    header = BytesHeaderParser(policy=policy.compat32).parsebytes(raw[:_HEADER_SIZE])
    subject, message_id = (" ".join(str(header.get(name, "")).split()) for name in ("Subject", "Message-ID"))
    return Refusal(subject[:500], message_id[:500], problems)
