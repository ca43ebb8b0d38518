"""Who goes first among those that wait for the same thing."""

from dataclasses import replace
from datetime import timedelta

from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.options import JobOptions
from gateway.ports.job_store import Outcome
from gateway.store import Store
from tests.contract.queued import ANN, LEASE, MAIL, a_received, a_submission, rendered, some_received


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


async def test_the_four_priorities_go_one_after_another_and_in_each_the_oldest_first(store: Store):
    words = ("low", "", "high", "urgent", "low", "urgent")
    await some_received(store.jobs, *(f"+49301{n}" for n in range(len(words))))
    received = await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=len(words))
    for job, word in zip(received, words, strict=True):
        outcome = Outcome(sender=ANN, options=JobOptions(priority=word))
        await store.jobs.record(job, JobEvent.SENDER_RESOLVED, outcome)

    claimed = []
    while some := await store.jobs.claim(JobState.RESOLVED, lease=LEASE, limit=10):
        for job in some:
            claimed.append(job.number.digits[-1])
            await store.jobs.record(job, JobEvent.PAGES_RENDERED, Outcome(page_count=1))

    assert claimed == ["3", "5", "2", "1", "0", "4"]


async def test_what_is_urgent_and_not_due_keeps_nobody_waiting(store: Store):
    await some_received(store.jobs, "+4930100")
    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    later = Outcome(sender=ANN, options=JobOptions(priority="urgent"), due_in=timedelta(hours=1))
    await store.jobs.record(job, JobEvent.SENDER_RESOLVED, later)
    await some_received(store.jobs, "+4930100")
    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    normal = await store.jobs.record(job, JobEvent.SENDER_RESOLVED, Outcome(sender=ANN))

    (claimed,) = await store.jobs.claim(JobState.RESOLVED, lease=LEASE)
    assert claimed.id == normal.id


async def test_an_urgent_fax_is_called_before_another_one_to_the_same_number(store: Store):
    normal = (await rendered(store.jobs, "+4930100"))[0]
    await some_received(store.jobs, "+4930100")
    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    urgent = Outcome(sender=ANN, options=JobOptions(priority="urgent"))
    await store.jobs.record(job, JobEvent.SENDER_RESOLVED, urgent)
    (job,) = await store.jobs.claim(JobState.RESOLVED, lease=LEASE)
    await store.jobs.record(job, JobEvent.PAGES_RENDERED, Outcome(pages=normal.pages, page_count=3))

    (claimed,) = await store.jobs.claim(JobState.RENDERED, JobState.DEFERRED, lease=LEASE, limit=5)
    assert claimed.id == job.id


async def test_the_priority_in_an_address_counts_from_the_start(store: Store):
    message = a_submission("+4930100", "+4930200")
    urgent = replace(message.recipients[1], options=JobOptions(priority="urgent"))
    await store.jobs.submit(replace(message, recipients=(message.recipients[0], urgent)), MAIL)

    (claimed,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    assert claimed.number.digits == "+4930200"


async def test_a_small_mail_does_not_wait_until_a_broadcast_is_resolved(store: Store):
    await store.jobs.submit(a_submission(*(f"+4930{n:04}" for n in range(1000))), MAIL)
    await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=8)
    small = await a_received(store.jobs, "+49400")

    (first,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    (second,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)

    assert first.id == small.id
    assert second.submission_id != small.submission_id


async def test_a_broadcast_has_its_own_priority_once_it_is_resolved(store: Store):
    await store.jobs.submit(a_submission(*(f"+4930{n:04}" for n in range(30))), MAIL)
    (of_broadcast,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    resolved = Outcome(sender=ANN, options=JobOptions())
    await store.jobs.record(of_broadcast, JobEvent.SENDER_RESOLVED, resolved)
    await some_received(store.jobs, "+49400")
    (small,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    await store.jobs.record(small, JobEvent.SENDER_RESOLVED, resolved)

    (claimed,) = await store.jobs.claim(JobState.RESOLVED, lease=LEASE)

    assert claimed.id == of_broadcast.id


async def test_an_urgent_broadcast_is_resolved_at_once(store: Store):
    await some_received(store.jobs, "+49400")
    message = a_submission(*(f"+4930{n:04}" for n in range(30)))
    urgent = [replace(recipient, options=JobOptions(priority="urgent")) for recipient in message.recipients]
    broadcast = await store.jobs.submit(replace(message, recipients=tuple(urgent)), MAIL)

    (claimed,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)

    assert claimed.submission_id == broadcast
