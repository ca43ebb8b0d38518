"""A mail that names its recipients itself becomes a submission with a job for each of them, exactly once."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from gateway import faxlog
from gateway.config.schema import BroadcastSection
from gateway.errors import EncryptedMail, InvalidNumber, UnreadableList
from gateway.model.attached import Attached
from gateway.model.collected import Refusal
from gateway.model.dialling import DialPlan
from gateway.model.envelope import Envelope
from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent
from gateway.model.mail_header import HEADER_SIZE, header_of
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions, Wish
from gateway.model.submission import Destination, NewSubmission, Recipient, Submission
from gateway.ports.blobs import Blobs
from gateway.ports.collection import Collection as Queue
from gateway.ports.job_store import JobStore, Outcome
from gateway.resolving.recipients import Named, Row, recipients_in
from gateway.resolving.resolver import Facts

_BEGINNING = 1024 * 1024  # bytes of a message in which commands are looked for
_MOST_PROBLEMS = 100  # that are told one by one
_SOME = 3  # where one sentence has to do


class Splitter:
    """Makes the jobs of the recipients that a mail names; `ours` are domains and addresses of the gateway."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        queue: Queue,
        blobs: Blobs,
        plan: DialPlan,
        ours: Collection[str],
        section: BroadcastSection,
        wishes_in: Callable[[bytes], Iterable[Wish]],
        attachments_in: Callable[[bytes], Iterable[Attached]],
    ) -> None:
        self._jobs = jobs
        self._queue = queue
        self._blobs = blobs
        self._plan = plan
        self._ours = frozenset(name.casefold() for name in ours)
        self._section = section
        self._wishes_in = wishes_in
        self._attachments_in = attachments_in

    async def split(self, job: Job, submission: Submission, facts: Facts) -> None:
        """The recipients have jobs of their own, which are resolved one by one; this one is over.

        A node that dies in between does it again: the queue remembers what was made of the job.

        Raises:
            InvalidNumber: the mail names nobody, or too many.
        """
        async with self._blobs.file(submission.message) as message:
            raw = await asyncio.to_thread(message.read_bytes)
            named = await asyncio.to_thread(self._named, raw)
            recipients, problems = named_recipients(
                named, job.address, facts.options, self._plan, self._section
            )
            new = NewSubmission(
                Envelope(submission.mail_from, tuple(recipient.address for recipient in recipients)),
                recipients,
                submission.client,
            )
            is_told = bool(problems) and facts.options.wants("FAILURE")
            answer = (submission.mail_from, _refusal(raw, problems)) if is_told else None
            taken = await self._queue.take(f"list {job.id}", message, new, answer=answer)
        trace = (
            f"Became {len(recipients)} faxes of submission {taken.submission_id}; left out: {len(problems)}."
        )
        outcome = Outcome(sender=facts.sender, trace=trace)
        faxlog.job_finished(await self._jobs.record(job, JobEvent.WAS_SPLIT, outcome))

    def _named(self, raw: bytes) -> Named:
        wishes = list(self._wishes_in(raw[:_BEGINNING]))
        return recipients_in(raw, self._attachments_in(raw), wishes, self._ours)


def named_recipients(
    named: Named, address: str, options: JobOptions, plan: DialPlan, section: BroadcastSection
) -> tuple[tuple[Recipient, ...], tuple[str, ...]]:
    """Each number that a mail to `address` names, once; and why some are none.

    Raises:
        UnreadableList: where one recipient ends and the next one begins cannot be told.
        EncryptedMail: they cannot be read.
        InvalidNumber: it names nobody, or too many.
    """
    if named.fault:
        raise UnreadableList(named.fault)
    if named.is_encrypted:
        raise EncryptedMail
    found: dict[Destination, Recipient] = {}
    problems = []
    common = replace(options, listed=True, summary=section.answer == "summary", without=named.list_name)
    for row in named.rows:
        try:
            alone, tones = plan.without_tones(row.number)
            number = plan.number(alone)
        except InvalidNumber as error:
            who = f"{row.number[:60]} {row.name[:60]}".strip()
            problems.append(f"{who}: {str(error).rstrip('.')}.")
            continue
        recipient = _recipient(address, row, number, replace(common, tones=tones))
        found.setdefault(recipient.destination, recipient)
    if not found:
        why = " ".join(problems[:_SOME])
        raise InvalidNumber(f"No fax number was found in this mail. {why}".rstrip())
    if len(found) > section.max_recipients:
        most = section.max_recipients
        raise InvalidNumber(f"The mail names {len(found)} recipients; one may name {most}.")
    if (more := len(problems) - _MOST_PROBLEMS) > 0:
        problems[_MOST_PROBLEMS:] = [f"{more} more rows of the list were left out for such reasons."]
    return tuple(found.values()), tuple(problems)


def _recipient(address: str, row: Row, number: FaxNumber, options: JobOptions) -> Recipient:
    return Recipient(address, number, row.name[:300], row.company[:300], row.merged(options))


def _refusal(raw: bytes, problems: tuple[str, ...]) -> Refusal:
    header = header_of(raw[:HEADER_SIZE])
    subject, message_id = (" ".join(str(header.get(name, "")).split()) for name in ("Subject", "Message-ID"))
    return Refusal(subject[:500], message_id[:500], problems)
