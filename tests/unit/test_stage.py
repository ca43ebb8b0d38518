"""What every stage promises, whatever its work is."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from gateway.errors import InvalidNumber, StoreUnavailable, TemporaryError
from gateway.model.ids import JobId, SubmissionId
from gateway.model.job import Job, Sender
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic
from gateway.stage import Stage, answer
from tests.stages import ANN, LEASE, a_received_job, a_resolved_job, a_store, answers, many_turns


@pytest.fixture
async def opened(tmp_path):
    async with a_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def store(opened):
    return opened[0]


def a_stage(opened, work, lease: timedelta = LEASE, at_once: int = 2) -> Stage:
    store, wakeups = opened
    return Stage(
        topic=Topic.RENDERING,
        claims=(JobState.RESOLVED,),
        work=work,
        jobs=store.jobs,
        wakeups=wakeups,
        lease=lease,
        at_once=at_once,
    )


def raising(error: Exception):
    async def work(_: Job) -> None:
        raise error

    return work


async def test_what_does_not_work_now_is_tried_again_later(opened, store):
    job = await a_resolved_job(store)

    await a_stage(opened, raising(TemporaryError("The disk is full."))).run_once()

    postponed = await store.jobs.get(job.id)
    assert postponed.state is JobState.RESOLVED
    assert postponed.due_at > job.due_at
    assert await store.jobs.claim(JobState.RESOLVED, lease=LEASE) == []


async def test_what_never_works_fails_and_the_sender_reads_why(opened, store):
    job = await a_resolved_job(store)

    await a_stage(opened, raising(InvalidNumber())).run_once()

    failed = await store.jobs.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.failure is not None
    assert (failed.failure.code, failed.failure.remedy) == ("invalid-number", InvalidNumber.remedy)
    assert await answers(store) == [(NotificationKind.FAILED, ANN.mail)]


async def test_a_database_that_goes_away_leaves_the_job_to_its_lease(opened, store):
    job = await a_resolved_job(store)

    await a_stage(opened, raising(StoreUnavailable())).run_once()

    assert (await store.jobs.get(job.id)).state is JobState.RENDERING


async def test_a_job_that_comes_later_is_taken_up_at_once(opened, store):
    worked: asyncio.Queue[Job] = asyncio.Queue()

    async def work(job: Job) -> None:
        await store.jobs.record(job, JobEvent.WAS_HELD)
        worked.put_nowait(job)

    stopping = asyncio.Event()
    running = asyncio.ensure_future(a_stage(opened, work).run(stopping))
    await asyncio.sleep(0)
    job = await a_resolved_job(store)

    taken = await worked.get()

    assert taken.id == job.id
    stopping.set()
    await running


class EmptyQueue:
    """Nothing is ever due; counts who looks."""

    def __init__(self) -> None:
        self.looks = 0

    async def claim(self, *_: JobState, **__: object) -> list[Job]:
        self.looks += 1
        return []

    async def next_due_in(self, *_: JobState) -> None:
        return None


async def test_a_stage_that_was_woken_looks_once_and_sleeps_again(opened):
    _, wakeups = opened
    queue, stopping = EmptyQueue(), asyncio.Event()
    stage = a_stage((SimpleNamespace(jobs=queue), wakeups), raising(TemporaryError("")))
    running = asyncio.create_task(stage.run(stopping))
    await many_turns()
    before = queue.looks

    wakeups.wake(Topic.RENDERING)
    await many_turns()

    assert queue.looks == before + 1
    stopping.set()
    await running


async def test_a_lease_is_renewed_while_the_work_goes_on(opened, store):
    job = await a_resolved_job(store)
    go_on = asyncio.Event()

    async def work(job: Job) -> None:
        await go_on.wait()
        await store.jobs.record(job, JobEvent.PAGES_RENDERED, Outcome(page_count=1))

    stopping = asyncio.Event()
    running = asyncio.ensure_future(a_stage(opened, work, lease=timedelta(seconds=0.3)).run(stopping))
    first = await leased_until(store, job)
    while await leased_until(store, job) == first:
        await asyncio.sleep(0)
    go_on.set()
    stopping.set()
    await running

    assert (await store.jobs.get(job.id)).state is JobState.RENDERED


async def test_no_more_is_claimed_than_there_is_room_for(opened, store):
    for number in ("+491", "+492", "+493"):
        await a_received_job(store, number=number)
        (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
        await store.jobs.record(job, JobEvent.SENDER_RESOLVED, Outcome(sender=ANN))
    begun: list[Job] = []

    async def work(job: Job) -> None:
        begun.append(job)
        await store.jobs.record(job, JobEvent.WAS_HELD)

    taken = await a_stage(opened, work, at_once=2).run_once()

    assert taken == len(begun) == 2
    assert len(await store.jobs.list(JobState.RESOLVED)) == 1


async def leased_until(store, job: Job):
    """The end of the lease, as soon as there is one."""
    while (until := (await store.jobs.get(job.id)).leased_until) is None:
        await asyncio.sleep(0)
    return until


def test_an_answer_that_is_not_wanted_is_not_owed():
    job = a_job_of("ann@example.com", JobOptions(notify="FAILURE"))

    assert answer(job, NotificationKind.DELIVERED) == ()
    assert [new.mailbox for new in answer(job, NotificationKind.FAILED)] == ["ann@example.com"]


def a_job_of(mail: str, options: JobOptions) -> Job:
    now = datetime.now(UTC)
    number = FaxNumber("+4930100")
    return Job(
        JobId("J"),
        SubmissionId("S"),
        JobState.SENDING,
        number,
        "a@b",
        now,
        now,
        sender=Sender(mail),
        options=options,
    )
