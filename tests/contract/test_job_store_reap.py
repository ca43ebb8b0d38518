"""A dead node leaves no job behind, and nothing that was confirmed is sent again."""

import asyncio

import pytest

from gateway.cluster.reaper import Reaper
from gateway.errors import LeaseLost
from gateway.model.lifecycle import OWNED, JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.ports.wakeups import Topic
from gateway.store import Store
from telephony import Disposition
from tests.contract.conftest import Site
from tests.contract.queued import ANN, LEASE, NO_LEASE, TO_SEND, a_page, a_received, in_state, some_received

AT_REST = {
    JobState.RESOLVING: (JobState.RECEIVED, Topic.RESOLVING),
    JobState.RENDERING: (JobState.RESOLVED, Topic.RENDERING),
    JobState.SENDING: (JobState.DEFERRED, Topic.SENDING),
}


@pytest.mark.parametrize("state", sorted(OWNED))
async def test_another_node_takes_over_from_one_that_died(
    site: Site, store: Store, other: Store, state: JobState
):
    job = await in_state(store.jobs, state, lease=NO_LEASE)
    site.wakeups.taken()

    (reaped,) = await other.jobs.reap()

    at_rest, topic = AT_REST[state]
    assert (reaped.id, reaped.state, reaped.leased_by) == (job.id, at_rest, None)
    assert topic in site.wakeups.taken()
    (claimed,) = await other.jobs.claim(at_rest, lease=LEASE)
    assert (claimed.id, claimed.state, claimed.leased_by) == (job.id, state, "two")
    row = (await other.jobs.trace(job.id))[-2]
    assert (row.event, row.node) == ("lease_expired", "two")
    assert "one" in row.text


@pytest.mark.parametrize("state", sorted(OWNED))
async def test_a_node_that_lives_keeps_its_jobs(store: Store, other: Store, state: JobState):
    job = await in_state(store.jobs, state)

    assert await other.jobs.reap() == []

    assert await store.jobs.get(job.id) == job


async def test_a_call_whose_pages_were_all_confirmed_is_delivered(store: Store, other: Store):
    job = await in_state(store.jobs, JobState.SENDING, lease=NO_LEASE)
    attempt_id = await store.jobs.open_attempt(job, trunk="main", first_page=1)
    for number in (1, 2, 3):
        await store.jobs.confirm_page(attempt_id, a_page(number))

    (reaped,) = await other.jobs.reap()

    assert (reaped.state, reaped.pages_confirmed, reaped.attempts) == (JobState.DELIVERED, 3, 1)
    (owed,) = await other.outbox.claim(lease=LEASE, limit=5)
    assert (owed.kind, owed.mailbox, owed.job_id) == (NotificationKind.DELIVERED, ANN.mail, job.id)
    (attempt,) = await other.jobs.attempts(job.id)
    assert attempt.disposition is Disposition.DELIVERED
    assert attempt.ended_at


async def test_a_call_that_was_confirmed_in_part_goes_on_after_the_confirmed_pages(
    store: Store, other: Store
):
    job = await in_state(store.jobs, JobState.SENDING, lease=NO_LEASE)
    attempt_id = await store.jobs.open_attempt(job, trunk="main", first_page=1)
    await store.jobs.confirm_page(attempt_id, a_page(1))

    (reaped,) = await other.jobs.reap()

    assert (reaped.state, reaped.pages_confirmed, reaped.attempts) == (JobState.DEFERRED, 1, 1)
    (attempt,) = await other.jobs.attempts(job.id)
    assert (attempt.disposition, attempt.pages_confirmed) == (Disposition.INTERRUPTED, 1)
    (again,) = await other.jobs.claim(*TO_SEND, lease=LEASE)
    second = await other.jobs.open_attempt(again, trunk="main", first_page=2)
    assert [a.id for a in await other.jobs.attempts(job.id)] == [attempt_id, second]
    assert await other.outbox.claim(lease=LEASE) == []


async def test_confirmed_pages_of_several_calls_add_up_to_a_delivery(store: Store):
    job = await in_state(store.jobs, JobState.SENDING, lease=NO_LEASE)
    attempt_id = await store.jobs.open_attempt(job, trunk="main", first_page=1)
    await store.jobs.confirm_page(attempt_id, a_page(1))
    await store.jobs.reap()
    (again,) = await store.jobs.claim(*TO_SEND, lease=NO_LEASE)
    attempt_id = await store.jobs.open_attempt(again, trunk="main", first_page=2)
    await store.jobs.confirm_page(attempt_id, a_page(1))
    await store.jobs.confirm_page(attempt_id, a_page(2))

    (reaped,) = await store.jobs.reap()

    assert (reaped.state, reaped.pages_confirmed, reaped.attempts) == (JobState.DELIVERED, 3, 2)


async def test_a_call_without_a_confirmed_page_stays_in_doubt_and_is_made_again(store: Store, other: Store):
    job = await in_state(store.jobs, JobState.SENDING, lease=NO_LEASE)
    await store.jobs.open_attempt(job, trunk="main", first_page=1)

    (reaped,) = await other.jobs.reap()

    assert (reaped.state, reaped.pages_confirmed, reaped.attempts) == (JobState.DEFERRED, 0, 1)
    (attempt,) = await other.jobs.attempts(job.id)
    assert attempt.ended_at is not None
    assert attempt.disposition is None
    assert await other.jobs.claim(*TO_SEND, lease=LEASE)


async def test_a_job_that_had_not_been_dialled_yet_costs_no_attempt(store: Store):
    await in_state(store.jobs, JobState.SENDING, lease=NO_LEASE)

    (reaped,) = await store.jobs.reap()

    assert (reaped.state, reaped.attempts) == (JobState.DEFERRED, 0)


async def test_a_node_that_was_only_stopped_hears_that_its_job_went_on(store: Store, other: Store):
    job = await in_state(store.jobs, JobState.SENDING, lease=NO_LEASE)
    attempt_id = await store.jobs.open_attempt(job, trunk="main", first_page=1)
    await other.jobs.reap()

    await store.jobs.confirm_page(attempt_id, a_page(1))

    with pytest.raises(LeaseLost):
        await store.jobs.record(job, JobEvent.PAGES_CONFIRMED)


async def test_reapers_of_several_nodes_share_the_work(store: Store, other: Store):
    for number in range(30):
        await a_received(store.jobs, f"+49301{number:02}")
    await store.jobs.claim(JobState.RECEIVED, lease=NO_LEASE, limit=30)

    by_node = await asyncio.gather(store.jobs.reap(), other.jobs.reap(), other.jobs.reap())

    ids = [job.id for reaped in by_node for job in reaped]
    assert len(ids) == len(set(ids)) == 30


async def test_however_many_leases_have_expired_all_are_reaped(store: Store):
    await some_received(store.jobs, *(f"+4930{number}" for number in range(1000, 1130)))
    await store.jobs.claim(JobState.RECEIVED, lease=NO_LEASE, limit=130)

    assert len(await store.jobs.reap()) == 130


async def test_the_reaper_of_a_node_brings_them_to_rest(store: Store):
    job = await in_state(store.jobs, JobState.RENDERING, lease=NO_LEASE)

    reaped = await Reaper(store.jobs, lease=LEASE).run_once()

    assert [job.id for job in reaped] == [job.id]
