from datetime import timedelta

import pytest

from gateway.config.schema import SendingSection
from gateway.model.destination import Limit, NewLesson
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.number import FaxNumber
from gateway.ports.wakeups import Topic
from telephony import Disposition, Medium, T38Policy, Trunk
from telephony.causes import T30Result
from tests.stages import a_rendered_job, a_stage_of, answers

NUMBER = FaxNumber("+49301234567")
AT_ONCE = timedelta(milliseconds=1)


@pytest.fixture
def stage(opened, a_worker):
    worker = a_worker(section=SendingSection(header="", delay=AT_ONCE, attempts=3))
    return a_stage_of(opened, Topic.SENDING, worker.work)


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
    assert views.finest == [98]
    assert len(await answers(store)) == 1


async def test_a_superfine_fax_goes_at_fine_before_it_goes_at_standard(stage, store, engine, views, tmp_path):
    job = await a_rendered_job(store, tmp_path, y_dpi=391)
    takes_standard_only(engine)

    await stage.run_once()
    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.DELIVERED
    assert views.finest == [196]
    assert await limits(store) == {Limit.FINE: 0}


async def test_a_superfine_fax_comes_down_to_standard_in_two_steps(stage, store, engine, views, tmp_path):
    job = await a_rendered_job(store, tmp_path, y_dpi=391)
    await store.destinations.learn(NUMBER, NewLesson(Limit.FINE, "Known."), timedelta(days=1))
    takes_standard_only(engine)

    await stage.run_once()
    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.DELIVERED
    assert views.finest == [196, 98]


async def test_the_next_fax_to_such_a_machine_is_right_from_the_start(stage, store, engine, views, tmp_path):
    await store.destinations.learn(NUMBER, NewLesson(Limit.STANDARD, "Known."), timedelta(days=1))
    job = await a_rendered_job(store, tmp_path)

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.DELIVERED
    assert (views.finest, len(engine.orders)) == ([98], 1)


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


async def test_what_failed_over_one_trunk_is_tried_over_another(opened, a_worker, store, engine, tmp_path):
    main, backup = Trunk("main", "sip:main.example"), Trunk("backup", "sip:backup.example")
    section = SendingSection(header="", delay=AT_ONCE, attempts=3)
    worker = a_worker(section=section, trunks=[main, backup])
    stage = a_stage_of(opened, Topic.SENDING, worker.work)
    first = await a_rendered_job(store, tmp_path)
    fails(engine, Medium.T38)
    await until_finished(stage, store, first)

    second = await a_rendered_job(store, tmp_path)
    engine.trunk_is_down("main")
    await until_finished(stage, store, second)

    assert [(order.trunk.name, order.trunk.t38) for order in engine.orders] == [
        ("main", T38Policy.PREFER),
        ("main", T38Policy.NEVER),
        ("backup", T38Policy.PREFER),
    ]
