"""received -> resolved: whose job it is."""

import asyncio
from pathlib import Path

from gateway import faxlog
from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent
from gateway.ports.blobs import Blobs
from gateway.ports.job_store import JobStore, Outcome
from gateway.resolving.sender import SenderOf

_HEADER_SIZE = 64 * 1024  # bytes of a message in which its From header is looked for


class ResolvingWorker:
    """Gives a received job its sender."""

    def __init__(self, *, jobs: JobStore, blobs: Blobs, sender_of: SenderOf) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._sender_of = sender_of

    async def work(self, job: Job) -> None:
        """The job is resolved."""
        submission = await self._jobs.submission(job.submission_id)
        async with self._blobs.file(submission.message) as message:
            header = await asyncio.to_thread(_beginning, message)
        sender = self._sender_of(submission, header)
        faxlog.resolved(job, sender)
        await self._jobs.record(
            job,
            JobEvent.SENDER_RESOLVED,
            Outcome(sender=sender, trace=f"The sender is {sender.mail or 'a program without an address'}."),
        )


def _beginning(message: Path) -> bytes:
    with message.open("rb") as file:
        return file.read(_HEADER_SIZE)
