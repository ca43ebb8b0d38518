"""Notifications leave at least once, and always with the same Message-ID."""

from datetime import timedelta

from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NewNotification, NotificationKind
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic
from gateway.store import Store
from tests.contract.conftest import Site
from tests.contract.queued import GIVEN_UP, LEASE, NO_LEASE, in_state

FIVE_MINUTES = timedelta(minutes=5)


async def a_job_that_owes(store: Store, *mailboxes: str) -> Job:
    job = await in_state(store.jobs, JobState.RESOLVING)
    owed = tuple(NewNotification(NotificationKind.FAILED, mailbox, job.id) for mailbox in mailboxes)
    return await store.jobs.record(job, JobEvent.REFUSED, Outcome(failure=GIVEN_UP, notifications=owed))


async def test_an_owed_notification_is_claimed_once(store: Store, other: Store):
    job = await a_job_that_owes(store, "ann@example.com")

    (claimed,) = await store.outbox.claim(lease=LEASE)

    assert (claimed.kind, claimed.mailbox) == (NotificationKind.FAILED, "ann@example.com")
    assert (claimed.job_id, claimed.received_id, claimed.tries) == (job.id, None, 0)
    assert await other.outbox.claim(lease=LEASE) == []


async def test_each_notification_has_a_message_id_of_its_own(store: Store):
    await a_job_that_owes(store, "ann@example.com", "bob@example.com")

    ids = {owed.message_id for owed in await store.outbox.claim(lease=LEASE, limit=5)}

    assert len(ids) == 2
    assert all(id_.startswith("<") and id_.endswith("@one>") for id_ in ids)


async def test_a_notification_whose_node_died_is_due_again_with_the_same_message_id(
    store: Store, other: Store
):
    await a_job_that_owes(store, "ann@example.com")
    (first,) = await store.outbox.claim(lease=NO_LEASE)

    (second,) = await other.outbox.claim(lease=LEASE)

    assert (second.id, second.message_id, second.created_at) == (first.id, first.message_id, first.created_at)
    assert (first.tries, second.tries) == (0, 1)


async def test_a_notification_that_left_is_not_owed_any_more(store: Store):
    await a_job_that_owes(store, "ann@example.com")
    (claimed,) = await store.outbox.claim(lease=NO_LEASE)

    await store.outbox.mark_sent(claimed.id)

    assert await store.outbox.claim(lease=LEASE) == []
    assert await store.outbox.next_due_in() is None


async def test_a_postponed_notification_is_due_again_later(site: Site, store: Store):
    await a_job_that_owes(store, "ann@example.com")
    (claimed,) = await store.outbox.claim(lease=LEASE)
    site.wakeups.taken()

    await store.outbox.postpone(claimed.id, FIVE_MINUTES, "The mail server is away.")

    assert await store.outbox.claim(lease=LEASE) == []
    due_in = await store.outbox.next_due_in()
    assert due_in
    assert timedelta(minutes=4) < due_in <= FIVE_MINUTES
    assert site.wakeups.taken() == {Topic.NOTIFYING}


async def test_a_notification_that_was_given_up_never_comes_back(store: Store):
    await a_job_that_owes(store, "ann@example.com")
    (claimed,) = await store.outbox.claim(lease=NO_LEASE)

    await store.outbox.give_up(claimed.id, "No such mailbox.")
    await store.outbox.postpone(claimed.id, timedelta(0), "A worker that came too late.")

    assert await store.outbox.claim(lease=LEASE) == []


async def test_what_is_due_longest_leaves_first(store: Store):
    await a_job_that_owes(store, "ann@example.com", "bob@example.com", "eve@example.com")

    claimed = [(await store.outbox.claim(lease=LEASE))[0].mailbox for _ in range(3)]

    assert claimed == ["ann@example.com", "bob@example.com", "eve@example.com"]


async def test_the_next_one_is_due_now(store: Store):
    await a_job_that_owes(store, "ann@example.com")

    due_in = await store.outbox.next_due_in()

    assert due_in is not None
    assert due_in <= timedelta(0)
