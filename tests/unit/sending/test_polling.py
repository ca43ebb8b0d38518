"""Faxes that lie ready elsewhere: called for, kept, and owed to who asked for them."""

from datetime import timedelta

import pytest

from gateway.model.ids import JobId
from gateway.model.job import Job, Sender
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.model.options import JobOptions
from gateway.model.received import ReceivedState
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic
from gateway.receiving.fetching import Fetching
from gateway.receiving.keeping import Keeper
from telephony.page_file import whole_pages
from tests.fakes.pages import a_fax
from tests.stages import ANN, LEASE, a_received_job, a_stage_of, answers

POLL = JobOptions(poll=True, poll_password="4711", sub_address="12")


@pytest.fixture
def inbox(store, tmp_path):
    return Fetching(Keeper(store.received, tmp_path / "spool", timedelta(minutes=1)), store.received)


@pytest.fixture
def stage(opened, a_worker, inbox):
    worker = a_worker(inbox=inbox)
    return a_stage_of(opened, Topic.SENDING, worker.work, at_once=worker.channels)


async def a_poll(store, *, sender: Sender = ANN, options: JobOptions = POLL) -> Job:
    """A job that is about to fetch a fax."""
    await a_received_job(store)
    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    await store.jobs.record(job, JobEvent.SENDER_RESOLVED, Outcome(sender=sender, options=options))
    (job,) = await store.jobs.claim(JobState.RESOLVED, lease=LEASE)
    return await store.jobs.record(job, JobEvent.PAGES_RENDERED, Outcome(page_count=1))


async def test_a_fax_that_lies_ready_is_fetched_for_who_asked_for_it(stage, store, engine, tmp_path):
    job = await a_poll(store)
    engine.next_poll_finds(a_fax(tmp_path / "ready.tif", pages=2))

    await stage.run_once()

    (fax,) = await store.received.list()
    assert (fax.state, fax.page_count, fax.caller) == (ReceivedState.RECEIVED, 2, str(job.number))
    async with store.blobs.file(fax.pages) as pages:
        assert len(whole_pages(pages)) == 2
    done = await store.jobs.get(job.id)
    assert (done.state, done.page_count, done.pages_confirmed) == (JobState.DELIVERED, 2, 2)
    assert await answers(store) == [(NotificationKind.RECEIVED, ANN.mail)]
    (order,) = engine.polls
    assert (order.password, order.sub_address, order.local_id) == ("4711", "12", ANN.station_id)
    assert not list((tmp_path / "spool").iterdir())


async def test_where_nothing_lies_ready_the_sender_is_told(stage, store, engine):
    job = await a_poll(store)

    await stage.run_once()

    failed = await store.jobs.get(job.id)
    assert (failed.state, failed.failure.code) == (JobState.FAILED, "nothing_to_poll")
    assert await answers(store) == [(NotificationKind.FAILED, ANN.mail)]


async def test_what_came_before_the_line_broke_is_delivered_and_all_is_fetched_again(
    stage, store, engine, tmp_path
):
    job = await a_poll(store)
    engine.next_poll_finds(a_fax(tmp_path / "ready.tif", pages=3), breaks_after=2)

    await stage.run_once()

    (fax,) = await store.received.list()
    assert (fax.state, fax.page_count) == (ReceivedState.PARTIAL, 2)
    assert await answers(store) == [(NotificationKind.RECEIVED, ANN.mail)]
    waits = await store.jobs.get(job.id)
    assert (waits.state, waits.pages_confirmed, waits.attempts) == (JobState.DEFERRED, 0, 1)


async def test_a_fax_is_not_fetched_again_when_its_end_could_not_be_recorded(
    stage, store, engine, inbox, tmp_path
):
    job = await a_poll(store)
    async with inbox._keeper.row(caller=str(job.number), job_id=job.id, mailbox=ANN.mail) as row:
        a_fax(row.spool, pages=2)
        await inbox._keeper.close(
            row, confirmed=2, complete=True, mailboxes=(ANN.mail,), transmission=None, detail=""
        )

    await stage.run_once()

    assert engine.polls == []
    done = await store.jobs.get(job.id)
    assert (done.state, done.page_count) == (JobState.DELIVERED, 2)
    assert await answers(store) == [(NotificationKind.RECEIVED, ANN.mail)]


async def test_faxes_that_are_answered_together_are(stage, store, engine, tmp_path):
    await a_poll(store, options=JobOptions(poll=True, summary=True))
    engine.next_poll_finds(a_fax(tmp_path / "ready.tif"))

    await stage.run_once()

    assert [kind for kind, _ in await answers(store)] == [NotificationKind.RECEIVED, NotificationKind.SUMMARY]


async def test_nobody_has_fetched_what_no_job_has_called_for(inbox):
    assert await inbox.pages_fetched(JobId("01J00000000000000000000000")) == 0
