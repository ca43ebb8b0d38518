"""Faxes that are answered together owe one answer, when the last of them is over."""

import asyncio
from dataclasses import replace

from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent
from gateway.model.notification import NotificationKind
from gateway.model.options import JobOptions
from gateway.stage import refusal
from gateway.store import Store
from tests.contract.queued import ANN, GIVEN_UP, LEASE, a_submission

TOGETHER = JobOptions(listed=True, summary=True)


async def some_together(store: Store, *numbers: str) -> list[Job]:
    plain = a_submission(*numbers)
    recipients = tuple(replace(recipient, options=TOGETHER) for recipient in plain.recipients)
    submission = await store.jobs.submit(replace(plain, recipients=recipients), b"Subject: x\r\n\r\ny\r\n")
    return list(await store.jobs.of_submission(submission))


async def ends(store: Store, job: Job) -> None:
    told = replace(refusal(replace(job, sender=ANN), GIVEN_UP), sender=ANN)
    await store.jobs.record(job, JobEvent.WAS_CANCELLED, told)


async def owed(store: Store) -> list[NotificationKind]:
    return [one.kind for one in await store.outbox.claim(lease=LEASE, limit=50)]


async def test_the_last_one_owes_the_answer_and_the_others_nothing(store: Store):
    first, second = await some_together(store, "+4930100", "+4930200")

    await ends(store, first)
    before = await owed(store)
    await ends(store, second)

    assert (before, await owed(store)) == ([], [NotificationKind.SUMMARY])


async def test_those_that_end_at_the_same_moment_owe_one_answer(store: Store, other: Store):
    jobs = await some_together(store, *(f"+49301{n:02}" for n in range(8)))

    await asyncio.gather(*(ends(store if n % 2 else other, job) for n, job in enumerate(jobs)))

    assert await owed(store) == [NotificationKind.SUMMARY]


async def test_what_is_answered_one_by_one_still_is(store: Store):
    submission = await store.jobs.submit(a_submission("+4930100", "+4930200"), b"Subject: x\r\n\r\ny\r\n")

    for job in await store.jobs.of_submission(submission):
        await ends(store, job)

    assert await owed(store) == [NotificationKind.FAILED] * 2
