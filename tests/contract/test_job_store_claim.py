"""Two nodes never get the same job, and each stage gets those that may go on."""

import asyncio
import sys
from datetime import timedelta

import pytest

from gateway.errors import InvariantError
from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.number import FaxNumber
from gateway.ports.job_store import Outcome
from gateway.store import Store
from tests.contract.conftest import Site
from tests.contract.queued import LEASE, NO_LEASE, TO_SEND, a_received, rendered, resolved, some_received

FIVE_MINUTES = timedelta(minutes=5)


async def test_a_claimed_job_is_owned_under_a_lease(store: Store):
    waiting = await a_received(store.jobs)

    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)

    assert job.id == waiting.id
    assert (job.state, job.leased_by) == (JobState.RESOLVING, "one")
    assert job.leased_until
    assert timedelta(seconds=55) < job.leased_until - waiting.created_at < timedelta(seconds=120)
    assert job == await store.jobs.get(job.id)


async def test_a_claim_is_in_the_history(store: Store):
    await a_received(store.jobs)

    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)

    row = (await store.jobs.trace(job.id))[-1]
    assert (row.event, row.state, row.node) == ("claimed", JobState.RESOLVING, "one")


async def test_nobody_gets_a_job_that_is_owned(store: Store, other: Store):
    await a_received(store.jobs)
    await store.jobs.claim(JobState.RECEIVED, lease=LEASE)

    assert await other.jobs.claim(JobState.RECEIVED, lease=LEASE) == []


async def test_the_job_that_is_due_longest_comes_first(store: Store):
    first, second = await a_received(store.jobs, "+4930100"), await a_received(store.jobs, "+4930200")

    claimed = await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=5)

    assert [job.id for job in claimed] == [first.id, second.id]


async def test_a_claim_takes_no_more_than_its_limit(store: Store):
    await some_received(store.jobs, *(f"+49301{n}" for n in range(5)))

    assert len(await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=3)) == 3
    assert len(await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=3)) == 2


async def test_a_deferred_job_waits_until_it_is_due(store: Store):
    await rendered(store.jobs)
    (job,) = await store.jobs.claim(*TO_SEND, lease=LEASE)

    await store.jobs.record(job, JobEvent.ATTEMPT_FAILED, Outcome(due_in=FIVE_MINUTES))

    assert await store.jobs.claim(*TO_SEND, lease=LEASE) == []
    due_in = await store.jobs.next_due_in(*TO_SEND)
    assert due_in
    assert timedelta(minutes=4, seconds=30) < due_in <= FIVE_MINUTES


async def test_a_deferred_job_that_is_due_is_claimed_with_the_rendered_ones(store: Store):
    await rendered(store.jobs)
    (job,) = await store.jobs.claim(*TO_SEND, lease=LEASE)
    await store.jobs.record(job, JobEvent.ATTEMPT_FAILED)
    await rendered(store.jobs, "+4930200")

    claimed = await store.jobs.claim(*TO_SEND, lease=LEASE, limit=5)

    assert {j.number.digits for j in claimed} == {"+4930100", "+4930200"}


async def test_one_state_of_a_stage_can_be_claimed_alone(store: Store):
    await rendered(store.jobs, "+4930100", "+4930200")
    (job,) = await store.jobs.claim(*TO_SEND, lease=LEASE)
    await store.jobs.record(job, JobEvent.ATTEMPT_FAILED)

    (claimed,) = await store.jobs.claim(JobState.DEFERRED, lease=LEASE, limit=5)

    assert claimed.id == job.id


async def test_states_of_several_stages_cannot_be_claimed_together(store: Store):
    with pytest.raises(InvariantError, match="one stage"):
        await store.jobs.claim(JobState.RECEIVED, JobState.RENDERED, lease=LEASE)


async def test_a_destination_gets_one_call_at_a_time(store: Store, other: Store):
    await rendered(store.jobs, "+4930100", "+4930100", "+4930200")

    calls = await store.jobs.claim(*TO_SEND, lease=LEASE, limit=5)

    assert [job.number for job in calls] == [FaxNumber("+4930100"), FaxNumber("+4930200")]
    assert await other.jobs.claim(*TO_SEND, lease=LEASE, limit=5) == []
    assert await store.jobs.next_due_in(*TO_SEND) is None


async def test_the_next_call_to_a_destination_follows_the_one_before(store: Store):
    await rendered(store.jobs, "+4930100", "+4930100")
    (call,) = await store.jobs.claim(*TO_SEND, lease=LEASE)

    await store.jobs.record(call, JobEvent.GAVE_UP)

    assert (await store.jobs.next_due_in(*TO_SEND) or timedelta()) <= timedelta(0)
    (following,) = await store.jobs.claim(*TO_SEND, lease=LEASE)
    assert (following.number, following.id) != (call.number, call.id)
    assert following.number == call.number


async def test_a_message_is_rendered_once_at_a_time(store: Store, other: Store):
    await resolved(store.jobs, "+4930100", "+4930200", "+4930300")
    await resolved(store.jobs, "+4930400")

    rendering = await store.jobs.claim(JobState.RESOLVED, lease=LEASE, limit=5)

    assert [job.number.digits for job in rendering] == ["+4930100", "+4930400"]
    assert await other.jobs.claim(JobState.RESOLVED, lease=LEASE, limit=5) == []
    assert await other.jobs.next_due_in(JobState.RESOLVED) is None


async def test_nothing_is_due_in_an_empty_queue(store: Store):
    assert await store.jobs.next_due_in(JobState.RECEIVED) is None


async def test_a_renewed_lease_lasts_longer(store: Store):
    await a_received(store.jobs)
    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=NO_LEASE)

    await store.jobs.renew([job.id], LEASE)

    assert await store.jobs.reap() == []
    renewed = await store.jobs.get(job.id)
    assert renewed.leased_until > job.leased_until
    done = await store.jobs.record(job, JobEvent.SENDER_RESOLVED)
    assert done.state is JobState.RESOLVED


async def test_the_lease_of_another_node_cannot_be_renewed(store: Store, other: Store):
    await a_received(store.jobs)
    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)

    await other.jobs.renew([job.id], timedelta(hours=1))
    await other.jobs.renew([], LEASE)

    assert (await store.jobs.get(job.id)).leased_until == job.leased_until


async def test_many_workers_never_get_the_same_job(site: Site, store: Store, other: Store):
    await some_received(store.jobs, *(f"+49301{n:03}" for n in range(150)))
    claimed: list[Job] = []

    async def work(node: Store) -> None:
        while batch := await node.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=2):
            claimed.extend(batch)

    await asyncio.gather(*(work(node) for node in (store, other) for _ in range(4)))

    assert len(claimed) == 150
    assert len({job.id for job in claimed}) == 150


async def test_many_workers_keep_to_one_call_a_destination(store: Store, other: Store):
    await rendered(store.jobs, *(["+4930100"] * 6 + ["+4930200"] * 6))
    in_call: set[str] = set()
    done: list[str] = []

    async def work(node: Store) -> None:
        while len(done) < 12:
            for job in await node.jobs.claim(*TO_SEND, lease=LEASE):
                assert job.number.digits not in in_call
                in_call.add(job.number.digits)
                await asyncio.sleep(0)
                in_call.remove(job.number.digits)
                await node.jobs.record(job, JobEvent.GAVE_UP)
                done.append(job.id)

    await asyncio.gather(*(work(node) for node in (store, other) for _ in range(3)))

    assert len(set(done)) == 12


async def test_many_processes_never_get_the_same_job(site: Site, store: Store):
    for _ in range(4):
        await some_received(store.jobs, *(f"+49301{n:03}" for n in range(100)))

    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.contract.claimer", site.queue.url, str(site.folder), f"node{n}"),
            stdout=asyncio.subprocess.PIPE,
        )
        for n in range(3)
    ]

    printed = [(await child.communicate())[0].decode().split() for child in children]
    ids = [job_id for claimed in printed for job_id in claimed]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert len(ids) == 400
    assert len(set(ids)) == 400
    owners = {job.id: job.leased_by for job in await store.jobs.list()}
    assert owners == {id_: f"node{n}" for n, claimed in enumerate(printed) for id_ in claimed}
