"""Jobs of every state, made through the port."""

from datetime import UTC, datetime, timedelta

from gateway.model.envelope import Envelope
from gateway.model.ids import BlobRef
from gateway.model.job import Failure, Job, Sender
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.number import FaxNumber
from gateway.model.submission import NewSubmission, Recipient
from gateway.ports.job_store import JobStore, Outcome
from telephony import Compression, Disposition, Medium, PageFacts, Transmission

LEASE = timedelta(seconds=60)
NO_LEASE = timedelta(0)  # has expired when it begins: a node that died the moment it claimed
ANN = Sender("ann@example.com", "Ann", "+49 30 1", "+49301")
PAGES = BlobRef("ab" * 32)
MAIL = b"Subject: Offer\r\n\r\nHello\r\n"
GIVEN_UP = Failure("busy", "The line was busy.", "Try later.")
TO_SEND = (JobState.RENDERED, JobState.DEFERRED)
STAGE = {
    JobState.RESOLVING: (JobState.RECEIVED,),
    JobState.RENDERING: (JobState.RESOLVED,),
    JobState.SENDING: TO_SEND,
}


def a_submission(*numbers: str) -> NewSubmission:
    recipients = tuple(Recipient(f"{n}@fax.example.com", FaxNumber(n)) for n in numbers or ("+4930100",))
    return NewSubmission(
        Envelope(ANN.mail, tuple(r.address for r in recipients)), recipients, "smtp 127.0.0.1"
    )


async def some_received(jobs: JobStore, *numbers: str) -> list[Job]:
    """The jobs of one mail, in the order of its recipients."""
    submission = await jobs.submit(a_submission(*numbers), MAIL)
    return sorted((j for j in await jobs.list() if j.submission_id == submission), key=lambda job: job.id)


async def a_received(jobs: JobStore, number: str = "+4930100") -> Job:
    return (await some_received(jobs, number))[0]


async def resolved(jobs: JobStore, *numbers: str) -> list[Job]:
    made = await some_received(jobs, *numbers)
    claimed = await jobs.claim(JobState.RECEIVED, lease=LEASE, limit=len(made))
    return [await jobs.record(j, JobEvent.SENDER_RESOLVED, Outcome(sender=ANN)) for j in claimed]


async def rendered(jobs: JobStore, *numbers: str, page_count: int = 3) -> list[Job]:
    done = []
    for _ in await resolved(jobs, *numbers):
        (claimed,) = await jobs.claim(JobState.RESOLVED, lease=LEASE)
        outcome = Outcome(pages=PAGES, page_count=page_count)
        done.append(await jobs.record(claimed, JobEvent.PAGES_RENDERED, outcome))
    return done


async def in_state(jobs: JobStore, state: JobState, lease: timedelta = LEASE) -> Job:
    """A job that one stage has claimed."""
    if state is JobState.RESOLVING:
        await a_received(jobs)
    elif state is JobState.RENDERING:
        await resolved(jobs)
    else:
        await rendered(jobs)
    (claimed,) = await jobs.claim(*STAGE[state], lease=lease)
    assert claimed.state is state
    return claimed


def a_page(number: int) -> PageFacts:
    return PageFacts(number, width=1728, rows=2200, bad_rows=0, bit_rate=14400, y_dpi=196)


def a_transmission(disposition: Disposition, pages: int = 0) -> Transmission:
    began = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    return Transmission(
        disposition=disposition,
        call_id="call@pbx",
        trunk="main",
        started_at=began,
        ended_at=began + timedelta(seconds=42),
        detail="Busy Here",
        sip_status=486,
        pages=tuple(a_page(n + 1) for n in range(pages)),
        medium=Medium.T38,
        bit_rate=14400,
        ecm=True,
        compression=Compression.MMR,
        remote_id="+49 30 2",
    )
