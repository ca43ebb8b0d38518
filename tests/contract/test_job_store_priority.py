"""A fax of high priority goes before others that wait for the same thing."""

from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.options import JobOptions
from gateway.ports.job_store import Outcome
from gateway.store import Store
from tests.contract.queued import ANN, LEASE, rendered, some_received


async def test_it_is_claimed_before_those_that_came_earlier(store: Store):
    await some_received(store.jobs, "+4930100", "+4930200")
    first, second = await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=2)
    urgent = Outcome(sender=ANN, options=JobOptions(priority="high"))

    await store.jobs.record(first, JobEvent.SENDER_RESOLVED, Outcome(sender=ANN))
    await store.jobs.record(second, JobEvent.SENDER_RESOLVED, urgent)

    (claimed,) = await store.jobs.claim(JobState.RESOLVED, lease=LEASE)
    assert claimed.id == second.id


async def test_it_keeps_its_place_on_the_way_to_the_line(store: Store):
    waiting = (await rendered(store.jobs, "+4930100"))[0]
    await some_received(store.jobs, "+4930200")
    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    await store.jobs.record(
        job, JobEvent.SENDER_RESOLVED, Outcome(sender=ANN, options=JobOptions(priority="high"))
    )
    (job,) = await store.jobs.claim(JobState.RESOLVED, lease=LEASE)

    urgent = await store.jobs.record(job, JobEvent.PAGES_RENDERED, Outcome(pages=waiting.pages, page_count=3))

    (claimed,) = await store.jobs.claim(JobState.RENDERED, JobState.DEFERRED, lease=LEASE)
    assert claimed.id == urgent.id
