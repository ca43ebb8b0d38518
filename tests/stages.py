"""What the tests of every stage start from: a real store in a temporary folder, and jobs in each state."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from gateway.cluster.wakeups import open_wakeups
from gateway.config.schema import NodeSection, QueueSection
from gateway.model.envelope import Envelope
from gateway.model.job import Job, Sender
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions
from gateway.model.submission import NewSubmission, Recipient
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic, Wakeups
from gateway.stage import Stage
from gateway.store import Store, open_store
from tests.fakes.pages import a_fax

LEASE = timedelta(seconds=60)
ANN = Sender("ann@example.com", "Ann Smith", "+49 30 1", "+49301")
_CLAIMED = {
    Topic.RESOLVING: (JobState.RECEIVED,),
    Topic.RENDERING: (JobState.RESOLVED,),
    Topic.SENDING: (JobState.RENDERED, JobState.DEFERRED),
}
A_MAIL = b"From: Ann Smith <ann@example.com>\r\nSubject: Offer\r\n\r\nHello\r\n"


@asynccontextmanager
async def a_store(data_dir: Path, lease: timedelta = LEASE) -> AsyncIterator[tuple[Store, Wakeups]]:
    """An empty SQLite store and its wake-ups."""
    queue, node = QueueSection(lease=lease), NodeSection(name="here", data_dir=data_dir)
    async with open_wakeups(queue, node) as wakeups, open_store(queue, node, wakeups) as store:
        yield store, wakeups


def a_stage_of(
    opened: tuple[Store, Wakeups],
    topic: Topic,
    work: Callable[[Job], Awaitable[None]],
    *,
    at_once: int = 1,
    grace: timedelta = timedelta(seconds=10),
) -> Stage:
    """The stage that works so on its jobs."""
    store, wakeups = opened
    return Stage(
        topic=topic,
        claims=_CLAIMED[topic],
        work=work,
        jobs=store.jobs,
        wakeups=wakeups,
        lease=LEASE,
        at_once=at_once,
        grace=grace,
    )


async def a_received_job(
    store: Store, *, number: str = "+49301234567", message: bytes = A_MAIL, mail_from: str = ANN.mail
) -> Job:
    """A job as the intake leaves it."""
    return (await some_received_jobs(store, number, message=message, mail_from=mail_from))[0]


async def some_received_jobs(
    store: Store, *numbers: str, message: bytes = A_MAIL, mail_from: str = ANN.mail
) -> list[Job]:
    """The jobs of one mail to several numbers."""
    recipients = tuple(Recipient(f"{number}@fax.example.com", FaxNumber(number)) for number in numbers)
    envelope = Envelope(mail_from, tuple(recipient.address for recipient in recipients))
    submission = await store.jobs.submit(NewSubmission(envelope, recipients, "test"), message)
    return sorted(
        (job for job in await store.jobs.list() if job.submission_id == submission), key=lambda job: job.id
    )


async def a_resolved_job(store: Store, *, message: bytes = A_MAIL, options: JobOptions | None = None) -> Job:
    """A job whose sender is known."""
    await a_received_job(store, message=message)
    resolved = Outcome(sender=ANN, options=options)
    return await _advance(store, JobState.RECEIVED, JobEvent.SENDER_RESOLVED, resolved)


async def a_rendered_job(
    store: Store,
    folder: Path,
    *,
    pages: int = 1,
    y_dpi: int = 196,
    width: int = 1728,
    sender: Sender = ANN,
    options: JobOptions | None = None,
) -> Job:
    """A job that is ready to be sent."""
    await a_received_job(store)
    resolved = Outcome(sender=sender, options=options)
    await _advance(store, JobState.RECEIVED, JobEvent.SENDER_RESOLVED, resolved)
    ref = await store.blobs.put(a_fax(folder / "rendered.tif", pages=pages, y_dpi=y_dpi, width=width))
    rendered = Outcome(pages=ref, page_count=pages)
    return await _advance(store, JobState.RESOLVED, JobEvent.PAGES_RENDERED, rendered)


async def answers(store: Store) -> list[tuple[NotificationKind, str]]:
    """The mails that are owed now: which kind, to whom."""
    owed = await store.outbox.claim(lease=LEASE, limit=100)
    return [(notification.kind, notification.mailbox) for notification in owed]


async def many_turns() -> None:
    """The event loop goes round until whoever may sleep does sleep."""
    for _ in range(200):
        await asyncio.sleep(0)


async def _advance(store: Store, state: JobState, event: JobEvent, outcome: Outcome) -> Job:
    (job,) = await store.jobs.claim(state, lease=LEASE)
    return await store.jobs.record(job, event, outcome)
