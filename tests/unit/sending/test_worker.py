import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.schema import RetrySection, SendingSection
from gateway.model.dialling import DialPlan
from gateway.model.job import Sender
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.model.options import JobOptions
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic
from gateway.stage import Stage
from telephony import Disposition, PageFacts, Trunk
from telephony.errors import EngineClosed, UnreadablePages
from tests.fakes.clock import FakeClock
from tests.fakes.pages import a_fax
from tests.stages import LEASE, a_rendered_job, a_stage_of, answers

MAIN = Trunk("main", "sip:main.example", channels=2)
SECTION = SendingSection(
    station_id="+49 30 1", header="{sender} page {page} of {pages}", attempts=2, timezone="UTC"
)


@pytest.fixture
def worker(a_worker):
    return a_worker(section=SECTION)


@pytest.fixture
def stage(opened, worker):
    return a_stage(opened, worker)


def a_stage(opened, worker, **settings) -> Stage:
    return a_stage_of(opened, Topic.SENDING, worker.work, at_once=worker.channels, **settings)


async def make_due(store, job) -> None:
    """A deferred job is called again now, by hand."""
    held = await store.jobs.record(await store.jobs.get(job.id), JobEvent.WAS_HELD)
    await store.jobs.record(held, JobEvent.WAS_RELEASED)
    for state, event in (
        (JobState.RECEIVED, JobEvent.SENDER_RESOLVED),
        (JobState.RESOLVED, JobEvent.PAGES_RENDERED),
    ):
        (claimed,) = await store.jobs.claim(state, lease=LEASE)
        await store.jobs.record(claimed, event, Outcome())


async def test_a_fax_whose_pages_were_confirmed_is_delivered_and_its_sender_told(
    stage, store, engine, tmp_path
):
    job = await a_rendered_job(store, tmp_path, pages=2)

    await stage.run_once()

    delivered = await store.jobs.get(job.id)
    assert delivered.state is JobState.DELIVERED
    assert delivered.pages_confirmed == 2
    assert await answers(store) == [(NotificationKind.DELIVERED, "ann@example.com")]
    assert [(order.number, order.local_id, order.caller_number) for order in engine.orders] == [
        ("+49301234567", "+49 30 1", "+49301")
    ]


async def test_a_fax_is_not_sent_after_its_deadline(opened, store, engine, tmp_path, a_worker):
    job = await a_rendered_job(store, tmp_path)
    late = a_worker(
        section=replace(SECTION, deadline=timedelta(hours=4)),
        clock=FakeClock(datetime.now(UTC) + timedelta(hours=4)),
    )

    await a_stage(opened, late).run_once()

    failed = await store.jobs.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.failure.code == "deadline-passed"
    assert await answers(store) == [(NotificationKind.FAILED, "ann@example.com")]
    assert engine.orders == []


async def test_a_site_decides_how_often_a_cause_is_tried(opened, store, engine, tmp_path, a_worker):
    job = await a_rendered_job(store, tmp_path)
    engine.next_call_ends(Disposition.REJECTED)
    worker = a_worker(section=SECTION, retry={"rejected": RetrySection(attempts=2)})

    await a_stage(opened, worker).run_once()

    assert (await store.jobs.get(job.id)).state is JobState.DEFERRED


async def test_the_trunk_gets_the_digits_of_the_dial_plan(opened, worker, engine, tmp_path):
    store, _ = opened
    await a_rendered_job(store, tmp_path)
    worker._dialled = lambda number, _: DialPlan(outside_line="0").dialled(number)

    await a_stage(opened, worker).run_once()

    assert [order.number for order in engine.orders] == ["0+49301234567"]


async def test_what_the_sender_asked_for_goes_before_the_settings(stage, store, engine, views, tmp_path):
    job = await a_rendered_job(store, tmp_path, options=JobOptions(attempts=1, header="Sales"))
    engine.next_call_ends(Disposition.BUSY)

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.FAILED
    assert views.stamped == [["Sales page 1 of 1"]]


async def test_a_busy_line_is_called_again_later(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    engine.next_call_ends(Disposition.BUSY)

    await stage.run_once()

    deferred = await store.jobs.get(job.id)
    assert deferred.state is JobState.DEFERRED
    assert deferred.attempts == 1
    assert timedelta(minutes=2) < deferred.due_at - datetime.now(UTC) <= timedelta(minutes=3)
    assert await answers(store) == []


async def test_a_number_that_does_not_exist_is_not_called_twice(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    engine.next_call_ends(Disposition.INVALID_NUMBER, sip_status=404)

    await stage.run_once()
    await stage.run_once()

    failed = await store.jobs.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.failure is not None
    assert failed.failure.code == "invalid_number"
    assert len(engine.orders) == 1
    assert await answers(store) == [(NotificationKind.FAILED, "ann@example.com")]


async def test_the_last_attempt_fails_the_job_and_tells_its_sender_once(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    for _ in range(SECTION.attempts):
        engine.next_call_ends(Disposition.BUSY)
        await stage.run_once()
        if (await store.jobs.get(job.id)).state is JobState.DEFERRED:
            await make_due(store, job)

    failed = await store.jobs.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.attempts == 2
    assert await answers(store) == [(NotificationKind.FAILED, "ann@example.com")]


async def test_a_call_after_a_broken_one_begins_with_the_first_page_that_is_missing(
    stage, store, engine, views, tmp_path
):
    job = await a_rendered_job(store, tmp_path, pages=3)
    engine.next_call_confirms(2)
    await stage.run_once()
    await make_due(store, job)

    await stage.run_once()

    assert [order.first_page for order in engine.orders] == [1, 3]
    assert (await store.jobs.get(job.id)).state is JobState.DELIVERED
    assert views.stamped[1] == [f"Ann Smith page {page} of 3" for page in (1, 2, 3)]


async def test_the_rest_of_a_broken_fax_begins_with_a_page_that_explains_it(
    opened, store, engine, tmp_path, a_worker
):
    job = await a_rendered_job(store, tmp_path, pages=3)
    asked, longer = [], await store.blobs.put(a_fax(tmp_path / "longer.tif", pages=4))

    async def continuation(job, arrived):
        asked.append((job.id, arrived))
        return longer, 4

    worker = a_worker(section=replace(SECTION, attempts=5), continuation=continuation)
    stage = a_stage(opened, worker)
    engine.next_call_confirms(2)
    engine.next_call_ends(Disposition.BUSY)
    for _ in range(2):
        await stage.run_once()
        await make_due(store, job)

    await stage.run_once()

    assert asked == [(job.id, 2)]  # the second call brought no page: the explanation is there already
    assert [order.first_page for order in engine.orders] == [1, 3, 3]
    delivered = await store.jobs.get(job.id)
    assert (delivered.state, delivered.pages_confirmed, delivered.page_count) == (JobState.DELIVERED, 4, 4)
    assert (await store.jobs.submission(job.submission_id)).page_count == 3


async def test_the_rest_of_a_fax_whose_node_died_begins_with_that_page_too(
    opened, store, engine, tmp_path, a_worker
):
    job = await a_rendered_job(store, tmp_path, pages=3)
    longer = await store.blobs.put(a_fax(tmp_path / "longer.tif", pages=4))
    asked = []

    async def continuation(job, arrived):
        asked.append(arrived)
        return longer, 4

    stage = a_stage(opened, a_worker(section=SECTION, continuation=continuation))
    (claimed,) = await store.jobs.claim(JobState.RENDERED, lease=timedelta())
    attempt = await store.jobs.open_attempt(claimed, trunk="main", first_page=1)
    for page in (1, 2):
        await store.jobs.confirm_page(attempt, PageFacts(page, 1728, 8, 0, 14400, 196))
    await store.jobs.reap()

    await stage.run_once()

    delivered = await store.jobs.get(job.id)
    assert asked == [2]
    assert [order.first_page for order in engine.orders] == [3]
    assert (delivered.state, delivered.pages_confirmed, delivered.page_count) == (JobState.DELIVERED, 4, 4)


async def test_the_attempt_is_written_before_the_call(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    go_on = asyncio.Event()
    engine.next_call_lasts_until(go_on)
    running = asyncio.ensure_future(stage.run_once())
    await until(lambda: engine.orders)

    (attempt,) = await store.jobs.attempts(job.id)

    assert attempt.disposition is None
    go_on.set()
    await running


async def test_confirmed_pages_are_in_the_journal_while_the_call_goes_on(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path, pages=3)
    go_on = asyncio.Event()
    engine.next_call_lasts_until(go_on, pages=2)
    running = asyncio.ensure_future(stage.run_once())

    await until_pages_confirmed(store, job, 2)

    go_on.set()
    await running


async def test_the_trunk_never_carries_more_calls_than_it_has_channels(opened, worker, engine, tmp_path):
    store, _ = opened
    stage = a_stage(opened, worker)
    go_on = asyncio.Event()
    for number in ("+491", "+492", "+493"):
        await a_rendered_job_to(store, tmp_path, number)
        engine.next_call_lasts_until(go_on)
    stopping = asyncio.Event()

    running = asyncio.ensure_future(stage.run(stopping))
    await until(lambda: len(engine.orders) == 2)
    waiting = await store.jobs.list(JobState.RENDERED)
    go_on.set()
    await until(lambda: len(engine.orders) == 3)
    stopping.set()
    await running

    assert len(waiting) == 1
    assert len(await store.jobs.list(JobState.DELIVERED)) == 3


async def test_a_call_that_outlasts_the_stop_is_hung_up_and_made_again(opened, worker, engine, tmp_path):
    store, _ = opened
    stage = a_stage(opened, worker, grace=timedelta())
    job = await a_rendered_job(store, tmp_path, pages=3)
    engine.next_call_lasts_until(asyncio.Event(), pages=1)
    stopping = asyncio.Event()
    running = asyncio.ensure_future(stage.run(stopping))
    await until_pages_confirmed(store, job, 1)

    stopping.set()
    await running

    postponed = await store.jobs.get(job.id)
    (attempt,) = await store.jobs.attempts(job.id)
    assert postponed.state is JobState.DEFERRED
    assert (postponed.attempts, postponed.pages_confirmed) == (0, 1)
    assert attempt.disposition is Disposition.CANCELLED
    assert postponed.due_at <= datetime.now(UTC)


async def test_pages_that_cannot_be_sent_fail_the_job(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    engine.next_call_raises(UnreadablePages())

    await stage.run_once()

    failed = await store.jobs.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.failure is not None
    assert failed.failure.code == "bad_document"
    assert await answers(store) == [(NotificationKind.FAILED, "ann@example.com")]


async def test_an_engine_that_is_closing_costs_no_attempt(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    engine.next_call_raises(EngineClosed())

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.DEFERRED
    assert (await store.jobs.get(job.id)).attempts == 0


async def test_a_bug_of_ours_holds_the_job_and_closes_its_attempt(stage, store, engine, tmp_path, caplog):
    job = await a_rendered_job(store, tmp_path)
    engine.next_call_raises(ZeroDivisionError("a bug"))

    await stage.run_once()

    (attempt,) = await store.jobs.attempts(job.id)
    assert (await store.jobs.get(job.id)).state is JobState.HELD
    assert attempt.ended_at is not None
    assert "ZeroDivisionError" in caplog.text
    assert "a bug" in (await store.jobs.trace(job.id))[-1].text


async def test_a_job_in_whose_calls_we_die_again_and_again_is_held(stage, store, engine, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    for _ in range(3):
        (claimed,) = await store.jobs.claim(JobState.RENDERED, JobState.DEFERRED, lease=timedelta())
        await store.jobs.open_attempt(claimed, trunk="main", first_page=1)
        await store.jobs.reap()

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.HELD
    assert engine.orders == []


async def test_a_mail_without_a_sender_is_faxed_and_answered_by_nobody(stage, store, tmp_path):
    job = await a_rendered_job(store, tmp_path, sender=Sender(""))

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.DELIVERED
    assert await answers(store) == []


async def a_rendered_job_to(store, folder, number: str) -> None:
    from tests.fakes.pages import a_fax
    from tests.stages import ANN, a_received_job

    await a_received_job(store, number=number)
    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    await store.jobs.record(job, JobEvent.SENDER_RESOLVED, Outcome(sender=ANN))
    (job,) = await store.jobs.claim(JobState.RESOLVED, lease=LEASE)
    ref = await store.blobs.put(a_fax(folder / "one.tif"))
    await store.jobs.record(job, JobEvent.PAGES_RENDERED, Outcome(pages=ref, page_count=1))


async def until(condition) -> None:
    """Returns as soon as the condition holds; the test run's own timeout is the limit."""
    while not condition():
        await asyncio.sleep(0)


async def until_pages_confirmed(store, job, pages: int) -> None:
    while True:
        attempts = await store.jobs.attempts(job.id)
        if attempts and attempts[-1].pages_confirmed == pages:
            return


async def test_pages_wider_than_a4_are_made_narrow_too_for_a_machine_that_does_not_know_them(
    stage, store, engine, views, tmp_path
):
    await a_rendered_job(store, tmp_path, pages=2, width=2432)

    await stage.run_once()

    (order,) = engine.orders
    assert order.narrow
    assert order.narrow != order.pages
    assert len(views.stamped) == 2


async def test_pages_that_every_machine_knows_are_made_once(stage, store, engine, views, tmp_path):
    await a_rendered_job(store, tmp_path, pages=2)

    await stage.run_once()

    assert engine.orders[0].narrow is None
    assert len(views.stamped) == 1
