from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.schema import SendingSection
from gateway.model.destination import Limit, NewLesson
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.number import FaxNumber
from gateway.ports.wakeups import Topic
from gateway.sending.worker import SendingWorker
from gateway.stage import Stage
from telephony import Disposition, Medium, T38Policy, Trunk
from telephony.causes import T30Result
from telephony.simulated import SimulatedEngine
from tests.fakes.clock import FakeClock
from tests.fakes.page_views import RecordingViews
from tests.stages import LEASE, a_rendered_job, a_store, answers

NUMBER = FaxNumber("+49301234567")
AT_ONCE = timedelta(milliseconds=1)


@pytest.fixture
async def opened(tmp_path):
    async with a_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def store(opened):
    return opened[0]


@pytest.fixture
async def engine():
    async with SimulatedEngine() as engine:
        yield engine


@pytest.fixture
def views():
    return RecordingViews()


@pytest.fixture
def stage(opened, engine, views, tmp_path):
    store, wakeups = opened
    worker = SendingWorker(
        engine=engine,
        jobs=store.jobs,
        blobs=store.blobs,
        views=views,
        destinations=store.destinations,
        trunks=[Trunk("main", "sip:main.example")],
        section=SendingSection(header="", delay=AT_ONCE, attempts=3),
        clock=FakeClock(datetime.now(UTC)),
        scratch=tmp_path,
    )
    return Stage(
        topic=Topic.SENDING,
        claims=(JobState.RENDERED, JobState.DEFERRED),
        work=worker.work,
        jobs=store.jobs,
        wakeups=wakeups,
        lease=LEASE,
        at_once=1,
    )


async def limits(store) -> dict[Limit, int]:
    return {lesson.limit: lesson.value for lesson in await store.destinations.lessons(NUMBER)}


def takes_standard_only(engine) -> None:
    engine.next_call_fails(
        T30Result.RESOLUTION_UNSUPPORTED, medium=Medium.T38, disposition=Disposition.INCOMPATIBLE
    )


def fails(engine, medium: Medium) -> None:
    engine.next_call_fails(T30Result.CANNOT_TRAIN, medium=medium, disposition=Disposition.LINE_FAILED)


async def until_finished(stage, store, job):
    while (await store.jobs.get(job.id)).state is not JobState.DELIVERED:
        if not await stage.run_once():
            due_in = await store.jobs.next_due_in(JobState.DEFERRED)
            assert due_in is not None
            assert due_in < timedelta(seconds=1)


async def test_a_machine_that_takes_standard_resolution_only_gets_the_fax_in_it_at_once(
    stage, store, engine, views, tmp_path
):
    job = await a_rendered_job(store, tmp_path)
    takes_standard_only(engine)

    await stage.run_once()
    await stage.run_once()

    delivered = await store.jobs.get(job.id)
    assert delivered.state is JobState.DELIVERED
    assert delivered.attempts == 1  # the call that told us was no fault of anybody
    assert views.coarsened == 1
    assert len(await answers(store)) == 1


async def test_the_next_fax_to_such_a_machine_is_right_from_the_start(stage, store, engine, views, tmp_path):
    await store.destinations.learn(NUMBER, NewLesson(Limit.STANDARD, "Known."), timedelta(days=1))
    job = await a_rendered_job(store, tmp_path)

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.DELIVERED
    assert (views.coarsened, len(engine.orders)) == (1, 1)


async def test_a_machine_that_takes_not_even_standard_resolution_fails_the_fax(
    stage, store, engine, tmp_path
):
    job = await a_rendered_job(store, tmp_path)
    takes_standard_only(engine)
    takes_standard_only(engine)

    await stage.run_once()
    await stage.run_once()

    failed = await store.jobs.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.failure.code == "incompatible"


async def test_after_a_failed_call_in_t38_the_next_one_stays_on_g711(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    fails(engine, Medium.T38)

    await until_finished(stage, store, job)

    assert [order.trunk.t38 for order in engine.orders] == [T38Policy.PREFER, T38Policy.NEVER]
    assert await limits(store) == {Limit.NO_T38: 0}


async def test_after_a_failed_call_on_g711_the_next_one_is_slower(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    fails(engine, Medium.AUDIO)
    fails(engine, Medium.AUDIO)

    await until_finished(stage, store, job)

    assert [order.trunk.max_bit_rate for order in engine.orders] == [14400, 9600, 4800]
    assert await limits(store) == {Limit.BIT_RATE: 4800}


async def test_what_did_not_help_is_not_remembered(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    for _ in range(3):
        fails(engine, Medium.AUDIO)

    while (await store.jobs.get(job.id)).state is not JobState.FAILED:
        await stage.run_once()

    assert len(engine.orders) == 3
    assert await limits(store) == {}


async def test_another_number_is_called_as_ever(stage, store, engine, tmp_path):
    other = FaxNumber("+4930999")
    await store.destinations.learn(other, NewLesson(Limit.NO_ECM, "Known."), timedelta(days=1))
    await a_rendered_job(store, tmp_path)

    await stage.run_once()

    assert [order.trunk.ecm for order in engine.orders] == [True]


async def test_a_busy_line_teaches_nothing(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    engine.next_call_ends(Disposition.BUSY)

    await stage.run_once()

    assert await limits(store) == {}
    assert [row.event for row in await store.jobs.trace(job.id)][-1] == JobEvent.ATTEMPT_FAILED
