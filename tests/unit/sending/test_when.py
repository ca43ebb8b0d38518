"""When a fax may be called: quiet hours and deadlines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.schema import SendingSection
from gateway.model.lifecycle import JobState
from gateway.model.notification import NotificationKind
from gateway.model.options import JobOptions
from gateway.ports.wakeups import Topic
from tests.fakes.clock import FakeClock
from tests.stages import a_rendered_job, a_stage_of, answers

NOW = datetime.now(UTC)


def around(now: datetime) -> str:
    """Quiet hours that began an hour ago and end in two."""
    begin, end = now - timedelta(hours=1), now + timedelta(hours=2)
    return f"{begin:%H:%M}-{end:%H:%M}"


SECTION = SendingSection(timezone="UTC", quiet_hours=around(NOW), quiet_for=("low", "normal"))


@pytest.fixture
def a_stage(opened, a_worker):
    """Makes the stage with these settings, at this time."""

    def make(section=SECTION, now=NOW):
        worker = a_worker(section=section, clock=FakeClock(now))
        return a_stage_of(opened, Topic.SENDING, worker.work)

    return make


async def test_a_fax_waits_until_the_quiet_hours_are_over(a_stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)

    await a_stage().run_once()

    waiting = await store.jobs.get(job.id)
    assert (waiting.state, waiting.attempts) == (JobState.DEFERRED, 0)
    assert timedelta(minutes=118) < waiting.due_at - datetime.now(UTC) <= timedelta(minutes=121)
    assert engine.orders == []
    assert await answers(store) == []


async def test_an_urgent_fax_is_called_in_the_quiet_hours_too(a_stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path, options=JobOptions(priority="urgent"))

    await a_stage().run_once()

    assert (await store.jobs.get(job.id)).state is JobState.DELIVERED


async def test_a_fax_whose_deadline_lies_in_the_quiet_hours_fails_now(a_stage, store, engine, tmp_path):
    options = JobOptions(deadline=NOW + timedelta(hours=1))
    job = await a_rendered_job(store, tmp_path, options=options)

    await a_stage().run_once()

    failed = await store.jobs.get(job.id)
    assert failed.failure.code == "deadline-passed"
    assert await answers(store) == [(NotificationKind.FAILED, "ann@example.com")]


async def test_a_sender_sets_a_deadline_for_one_fax(a_stage, store, engine, tmp_path):
    options = JobOptions(deadline=NOW + timedelta(hours=1))
    job = await a_rendered_job(store, tmp_path, options=options)
    late = a_stage(replace(SECTION, quiet_hours=""), NOW + timedelta(hours=1, seconds=1))

    await late.run_once()

    assert (await store.jobs.get(job.id)).failure.code == "deadline-passed"
    assert engine.orders == []
