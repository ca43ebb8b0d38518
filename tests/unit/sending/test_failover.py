"""A trunk that does not take a call is followed by the next one, within the same attempt."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.lifecycle import JobState
from gateway.ports.wakeups import Topic
from telephony import Disposition, Trunk
from tests.stages import a_rendered_job, a_stage_of

MAIN = Trunk("main", "sip:main.example", channels=2)
SPARE = Trunk("spare", "sip:spare.example", channels=1)


@pytest.fixture
def two_trunks(opened, a_worker):
    worker = a_worker(
        trunks=[MAIN, SPARE],
        dialled=lambda number, trunk: f"{'9' if trunk == 'spare' else ''}{number}",
    )
    return a_stage_of(opened, Topic.SENDING, worker.work, at_once=worker.channels)


@pytest.mark.parametrize("end", [Disposition.TRUNK_UNAVAILABLE, Disposition.CONGESTED])
async def test_a_trunk_that_does_not_take_the_call_is_followed_by_the_next_one_at_once(
    two_trunks, store, engine, tmp_path, end
):
    job = await a_rendered_job(store, tmp_path)
    engine.next_call_ends(end, sip_status=503, detail="503 Service Unavailable")

    await two_trunks.run_once()

    (attempt,) = await store.jobs.attempts(job.id)
    assert (await store.jobs.get(job.id)).state is JobState.DELIVERED
    assert [(order.trunk.name, order.number) for order in engine.orders] == [
        ("main", "+49301234567"),
        ("spare", "9+49301234567"),
    ]
    assert (attempt.trunk, attempt.detail) == ("spare", "main: 503 Service Unavailable; spare")


@pytest.mark.parametrize(
    "end", [Disposition.BUSY, Disposition.NO_ANSWER, Disposition.INVALID_NUMBER, Disposition.REJECTED]
)
async def test_what_the_far_end_says_is_not_asked_of_another_trunk(two_trunks, store, engine, tmp_path, end):
    await a_rendered_job(store, tmp_path)
    engine.next_call_ends(end)

    await two_trunks.run_once()

    assert [order.trunk.name for order in engine.orders] == ["main"]


async def test_when_no_trunk_takes_the_call_it_is_postponed_and_each_is_named(
    two_trunks, store, engine, tmp_path
):
    job = await a_rendered_job(store, tmp_path)
    engine.next_call_ends(Disposition.TRUNK_UNAVAILABLE, detail="no answer")
    engine.next_call_ends(Disposition.CONGESTED, detail="503 Full")

    await two_trunks.run_once()

    (attempt,) = await store.jobs.attempts(job.id)
    assert (await store.jobs.get(job.id)).attempts == 0
    assert attempt.detail == "main: no answer; spare: 503 Full"


async def test_a_trunk_that_is_down_is_not_dialled(two_trunks, store, engine, tmp_path):
    await a_rendered_job(store, tmp_path)
    engine.trunk_is_down("main")

    await two_trunks.run_once()

    assert [order.trunk.name for order in engine.orders] == ["spare"]


async def test_while_every_trunk_rests_a_job_waits_for_the_end_of_that_and_costs_no_attempt(
    opened, a_worker, store, engine, tmp_path
):
    worker = a_worker(trunks=[MAIN])
    stage = a_stage_of(opened, Topic.SENDING, worker.work)
    job = await a_rendered_job(store, tmp_path)
    engine.trunk_rests("main", timedelta(minutes=4))
    began = datetime.now(UTC)

    await stage.run_once()

    waits = await store.jobs.get(job.id)
    assert (waits.state, waits.attempts, engine.orders) == (JobState.DEFERRED, 0, [])
    assert timedelta(minutes=4) <= waits.due_at - began < timedelta(minutes=5)
