"""When a fax may be called: quiet hours and deadlines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.schema import SendingSection
from gateway.model.lifecycle import JobState
from gateway.model.notification import NotificationKind
from gateway.model.options import JobOptions
from gateway.ports.wakeups import Topic
from gateway.sending.worker import SendingWorker
from gateway.stage import Stage
from telephony import Trunk
from telephony.simulated import SimulatedEngine
from tests.fakes.clock import FakeClock
from tests.fakes.page_views import RecordingViews
from tests.stages import LEASE, a_rendered_job, a_store, answers

NOW = datetime.now(UTC)


def around(now: datetime) -> str:
    """Quiet hours that began an hour ago and end in two."""
    begin, end = now - timedelta(hours=1), now + timedelta(hours=2)
    return f"{begin:%H:%M}-{end:%H:%M}"


SECTION = SendingSection(timezone="UTC", quiet_hours=around(NOW), quiet_for=("low", "normal"))


@pytest.fixture
async def opened(tmp_path):
    async with a_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def engine():
    async with SimulatedEngine() as engine:
        yield engine


def a_stage(opened, engine, folder, section=SECTION, now=NOW) -> Stage:
    store, wakeups = opened
    worker = SendingWorker(
        engine=engine,
        jobs=store.jobs,
        blobs=store.blobs,
        views=RecordingViews(),
        destinations=store.destinations,
        trunks=[Trunk("main", "sip:main.example")],
        section=section,
        clock=FakeClock(now),
        scratch=folder,
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


async def test_a_fax_waits_until_the_quiet_hours_are_over(opened, engine, tmp_path):
    store, _ = opened
    job = await a_rendered_job(store, tmp_path)

    await a_stage(opened, engine, tmp_path).run_once()

    waiting = await store.jobs.get(job.id)
    assert (waiting.state, waiting.attempts) == (JobState.DEFERRED, 0)
    assert timedelta(minutes=118) < waiting.due_at - datetime.now(UTC) <= timedelta(minutes=121)
    assert engine.orders == []
    assert await answers(store) == []


async def test_an_urgent_fax_is_called_in_the_quiet_hours_too(opened, engine, tmp_path):
    store, _ = opened
    job = await a_rendered_job(store, tmp_path, options=JobOptions(priority="urgent"))

    await a_stage(opened, engine, tmp_path).run_once()

    assert (await store.jobs.get(job.id)).state is JobState.DELIVERED


async def test_a_fax_whose_deadline_lies_in_the_quiet_hours_fails_now(opened, engine, tmp_path):
    store, _ = opened
    options = JobOptions(deadline=NOW + timedelta(hours=1))
    job = await a_rendered_job(store, tmp_path, options=options)

    await a_stage(opened, engine, tmp_path).run_once()

    failed = await store.jobs.get(job.id)
    assert failed.failure.code == "deadline-passed"
    assert await answers(store) == [(NotificationKind.FAILED, "ann@example.com")]


async def test_a_sender_sets_a_deadline_for_one_fax(opened, engine, tmp_path):
    store, _ = opened
    options = JobOptions(deadline=NOW + timedelta(hours=1))
    job = await a_rendered_job(store, tmp_path, options=options)
    late = a_stage(
        opened, engine, tmp_path, replace(SECTION, quiet_hours=""), NOW + timedelta(hours=1, seconds=1)
    )

    await late.run_once()

    assert (await store.jobs.get(job.id)).failure.code == "deadline-passed"
    assert engine.orders == []
