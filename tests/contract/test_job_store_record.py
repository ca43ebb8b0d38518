"""Whoever records an event records everything that follows from it, or nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.errors import IllegalTransition, LeaseLost
from gateway.model.job import Job, Sender
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NewNotification, NotificationKind
from gateway.model.options import JobOptions
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic
from gateway.store import Store
from telephony import Disposition
from tests.contract.conftest import Site
from tests.contract.queued import (
    ANN,
    GIVEN_UP,
    LEASE,
    NO_LEASE,
    PAGES,
    TO_SEND,
    a_page,
    a_received,
    a_transmission,
    in_state,
    rendered,
    resolved,
)
from tests.fakes.pages import a_fax


async def test_a_resolved_job_knows_its_sender_and_is_at_rest(store: Store):
    job = await in_state(store.jobs, JobState.RESOLVING)

    after = await store.jobs.record(
        job, JobEvent.SENDER_RESOLVED, Outcome(sender=ANN, trace="By its MAIL FROM.")
    )

    assert (after.state, after.sender) == (JobState.RESOLVED, ANN)
    assert (after.leased_by, after.leased_until) == (None, None)
    assert after == await store.jobs.get(job.id)
    row = (await store.jobs.trace(job.id))[-1]
    assert (row.event, row.state, row.node, row.text) == (
        *("sender_resolved", JobState.RESOLVED, "one"),
        "By its MAIL FROM.",
    )


async def test_a_sender_without_a_name_is_still_a_sender(store: Store):
    job = await in_state(store.jobs, JobState.RESOLVING)

    after = await store.jobs.record(job, JobEvent.SENDER_RESOLVED, Outcome(sender=Sender("")))

    assert after.sender == Sender("")


async def test_pages_are_remembered_for_the_other_jobs_of_the_message(store: Store):
    await resolved(store.jobs, "+4930100", "+4930200")
    (job,) = await store.jobs.claim(JobState.RESOLVED, lease=LEASE)

    after = await store.jobs.record(job, JobEvent.PAGES_RENDERED, Outcome(pages=PAGES, page_count=3))

    assert (after.pages, after.page_count) == (PAGES, 3)
    submission = await store.jobs.submission(job.submission_id)
    assert (submission.pages, submission.page_count) == (PAGES, 3)


async def test_pages_that_are_of_no_use_to_the_other_jobs_are_the_jobs_own(store: Store):
    await resolved(store.jobs, "+4930100", "+4930200")
    (job,) = await store.jobs.claim(JobState.RESOLVED, lease=LEASE)
    own = Outcome(pages=PAGES, page_count=3, shared=False)

    after = await store.jobs.record(job, JobEvent.PAGES_RENDERED, own)

    assert (after.pages, after.page_count) == (PAGES, 3)
    assert (await store.jobs.submission(job.submission_id)).pages is None


async def test_what_the_sender_asked_for_is_kept_and_stays(store: Store):
    job = await in_state(store.jobs, JobState.RESOLVING)
    options = JobOptions(attempts=2, send_at=datetime(2026, 12, 1, tzinfo=UTC), not_done=("caf\u00e9",))

    await store.jobs.record(job, JobEvent.SENDER_RESOLVED, Outcome(sender=ANN, options=options))
    (claimed,) = await store.jobs.claim(JobState.RESOLVED, lease=LEASE)
    await store.jobs.record(claimed, JobEvent.WAS_POSTPONED)

    assert (await store.jobs.get(job.id)).options == options


async def test_a_failed_job_says_why_and_owes_its_sender_a_mail(store: Store):
    job = await in_state(store.jobs, JobState.SENDING)
    owed = NewNotification(NotificationKind.FAILED, ANN.mail, job.id)

    after = await store.jobs.record(job, JobEvent.GAVE_UP, Outcome(failure=GIVEN_UP, notifications=(owed,)))

    assert (after.state, after.failure) == (JobState.FAILED, GIVEN_UP)
    (notification,) = await store.outbox.claim(lease=LEASE)
    assert (notification.kind, notification.mailbox) == (NotificationKind.FAILED, ANN.mail)
    assert notification.job_id == job.id


async def test_an_event_of_a_stale_job_changes_nothing(store: Store):
    job = await in_state(store.jobs, JobState.SENDING)
    await store.jobs.open_attempt(job, trunk="main", first_page=1)
    await store.jobs.record(job, JobEvent.WAS_POSTPONED)
    owed = NewNotification(NotificationKind.DELIVERED, ANN.mail, job.id)
    before = (await store.jobs.get(job.id), await store.jobs.trace(job.id))

    with pytest.raises(LeaseLost):
        await store.jobs.record(job, JobEvent.PAGES_CONFIRMED, Outcome(notifications=(owed,)))

    assert (await store.jobs.get(job.id), await store.jobs.trace(job.id)) == before
    assert await store.outbox.claim(lease=LEASE) == []


async def test_a_job_that_was_reaped_and_claimed_again_is_not_its_first_owners(store: Store):
    first = await in_state(store.jobs, JobState.RESOLVING, lease=NO_LEASE)
    await store.jobs.reap()
    (second,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)

    with pytest.raises(LeaseLost):
        await store.jobs.record(first, JobEvent.SENDER_RESOLVED)

    assert second.leased_by == first.leased_by
    assert (await store.jobs.record(second, JobEvent.SENDER_RESOLVED)).state is JobState.RESOLVED


async def test_an_impossible_event_is_refused(store: Store):
    job = await a_received(store.jobs)

    with pytest.raises(IllegalTransition):
        await store.jobs.record(job, JobEvent.PAGES_CONFIRMED)


async def test_an_attempt_is_written_before_dialling(store: Store):
    job = await in_state(store.jobs, JobState.SENDING)

    attempt_id = await store.jobs.open_attempt(job, trunk="main", first_page=1)

    (attempt,) = await store.jobs.attempts(job.id)
    assert (attempt.id, attempt.job_id, attempt.number) == (attempt_id, job.id, 1)
    assert (attempt.trunk, attempt.node, attempt.first_page) == ("main", "one", 1)
    assert (attempt.ended_at, attempt.disposition, attempt.pages_confirmed) == (None, None, 0)


async def test_an_attempt_may_bring_other_pages_for_its_job_alone(store: Store, tmp_path: Path):
    job = await in_state(store.jobs, JobState.SENDING)
    longer = await store.blobs.put(a_fax(tmp_path / "longer.tif", pages=4))

    await store.jobs.open_attempt(job, trunk="main", first_page=2, pages=(longer, 4))

    kept = await store.jobs.get(job.id)
    assert (kept.pages, kept.page_count, kept.state) == (longer, 4, JobState.SENDING)
    assert (await store.jobs.submission(job.submission_id)).pages != longer
    await store.jobs.record(job, JobEvent.WAS_POSTPONED)  # the job is still ours
    assert (await store.jobs.get(job.id)).page_count == 4


async def test_nobody_dials_for_a_job_he_does_not_own(store: Store):
    job = await in_state(store.jobs, JobState.SENDING)
    await store.jobs.record(job, JobEvent.WAS_POSTPONED)

    with pytest.raises(LeaseLost):
        await store.jobs.open_attempt(job, trunk="main", first_page=1)

    assert await store.jobs.attempts(job.id) == []


async def test_confirmed_pages_are_in_the_journal_of_the_open_attempt(store: Store):
    job = await in_state(store.jobs, JobState.SENDING)
    attempt_id = await store.jobs.open_attempt(job, trunk="main", first_page=1)

    await store.jobs.confirm_page(attempt_id, a_page(1))
    await store.jobs.confirm_page(attempt_id, a_page(2))
    await store.jobs.confirm_page(attempt_id, a_page(2))

    (attempt,) = await store.jobs.attempts(job.id)
    assert attempt.pages_confirmed == 2


async def test_a_transmission_closes_the_attempt_with_its_facts(store: Store):
    job = await in_state(store.jobs, JobState.SENDING)
    attempt_id = await store.jobs.open_attempt(job, trunk="main", first_page=1)
    await store.jobs.confirm_page(attempt_id, a_page(1))
    transmission = a_transmission(Disposition.INTERRUPTED, pages=2)

    after = await store.jobs.record(job, JobEvent.ATTEMPT_FAILED, Outcome(transmission=transmission))

    assert (after.state, after.attempts, after.pages_confirmed) == (JobState.DEFERRED, 1, 2)
    (attempt,) = await store.jobs.attempts(job.id)
    assert (attempt.disposition, attempt.pages_confirmed) == (Disposition.INTERRUPTED, 2)
    assert attempt.ended_at == transmission.ended_at
    assert (attempt.sip_status, attempt.detail, attempt.remote_id) == (486, "Busy Here", "+49 30 2")
    assert (attempt.medium, attempt.bit_rate, attempt.ecm, attempt.compression) == ("t38", 14400, True, "MMR")


async def test_the_next_attempt_counts_on_from_the_confirmed_pages(store: Store):
    job = await in_state(store.jobs, JobState.SENDING)
    await store.jobs.open_attempt(job, trunk="main", first_page=1)
    outcome = Outcome(transmission=a_transmission(Disposition.INTERRUPTED, pages=2))
    await store.jobs.record(job, JobEvent.ATTEMPT_FAILED, outcome)
    (again,) = await store.jobs.claim(*TO_SEND, lease=LEASE)
    await store.jobs.open_attempt(again, trunk="main", first_page=3)

    outcome = Outcome(transmission=a_transmission(Disposition.DELIVERED, pages=1))
    after = await store.jobs.record(again, JobEvent.PAGES_CONFIRMED, outcome)

    assert (after.state, after.attempts, after.pages_confirmed) == (JobState.DELIVERED, 2, 3)
    assert [a.number for a in await store.jobs.attempts(job.id)] == [1, 2]


async def test_what_our_own_side_could_not_do_costs_no_attempt(store: Store):
    job = await in_state(store.jobs, JobState.SENDING)
    await store.jobs.open_attempt(job, trunk="main", first_page=1)

    outcome = Outcome(
        transmission=a_transmission(Disposition.TRUNK_UNAVAILABLE), due_in=timedelta(seconds=30)
    )
    after = await store.jobs.record(job, JobEvent.WAS_POSTPONED, outcome)

    assert (after.state, after.attempts) == (JobState.DEFERRED, 0)
    (attempt,) = await store.jobs.attempts(job.id)
    assert attempt.disposition is Disposition.TRUNK_UNAVAILABLE


async def test_a_job_that_leaves_sending_leaves_no_attempt_open(store: Store):
    job = await in_state(store.jobs, JobState.SENDING)
    await store.jobs.open_attempt(job, trunk="main", first_page=1)

    await store.jobs.record(job, JobEvent.WAS_HELD, Outcome(trace="Our own mistake."))

    (attempt,) = await store.jobs.attempts(job.id)
    assert attempt.ended_at is not None
    assert attempt.disposition is None


async def test_a_job_that_is_retried_by_hand_starts_over_but_keeps_its_confirmed_pages(store: Store):
    job = await in_state(store.jobs, JobState.SENDING)
    await store.jobs.open_attempt(job, trunk="main", first_page=1)
    outcome = Outcome(transmission=a_transmission(Disposition.INTERRUPTED, pages=1), failure=GIVEN_UP)
    failed = await store.jobs.record(job, JobEvent.GAVE_UP, outcome)

    after = await store.jobs.record(failed, JobEvent.WAS_RETRIED)

    assert (after.state, after.attempts, after.failure) == (JobState.RECEIVED, 0, None)
    assert after.pages_confirmed == 1


async def _resolve(store: Store) -> Job:
    return await store.jobs.record(await in_state(store.jobs, JobState.RESOLVING), JobEvent.SENDER_RESOLVED)


async def _render(store: Store) -> Job:
    return (await rendered(store.jobs))[0]


async def _defer(store: Store) -> Job:
    job = await in_state(store.jobs, JobState.SENDING)
    return await store.jobs.record(job, JobEvent.ATTEMPT_FAILED, Outcome(due_in=timedelta(minutes=5)))


@pytest.mark.parametrize(
    ("step", "topic"),
    [(_resolve, Topic.RENDERING), (_render, Topic.SENDING), (_defer, Topic.SENDING)],
)
async def test_a_change_of_state_wakes_the_stage_that_waits_for_it(site: Site, store: Store, step, topic):
    await step(store)

    assert topic in site.wakeups.topics[-2:]


async def test_a_notification_wakes_the_notifying_stage(site: Site, store: Store):
    job = await in_state(store.jobs, JobState.SENDING)
    site.wakeups.taken()

    owed = NewNotification(NotificationKind.FAILED, ANN.mail, job.id)
    await store.jobs.record(job, JobEvent.GAVE_UP, Outcome(notifications=(owed,)))

    assert site.wakeups.taken() == {Topic.NOTIFYING, Topic.SENDING}  # the number is free again


async def test_jobs_are_listed_newest_first(store: Store):
    made = [await a_received(store.jobs, number) for number in ("+4930100", "+4930200", "+4930300")]
    (claimed,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    failed = await store.jobs.record(claimed, JobEvent.REFUSED)

    listed = await store.jobs.list()

    assert [job.id for job in listed] == [job.id for job in reversed(made)]
    assert await store.jobs.list(JobState.FAILED) == [failed]
    assert [j.id for j in await store.jobs.list(JobState.RECEIVED, limit=1)] == [made[2].id]


async def test_what_is_not_there_is_a_key_error(store: Store):
    with pytest.raises(KeyError):
        await store.jobs.get("0" * 26)
    with pytest.raises(KeyError):
        await store.jobs.submission("0" * 26)
    assert await store.jobs.attempts("0" * 26) == []
    assert await store.jobs.trace("0" * 26) == []
