"""A mail that was collected is never faxed twice, and never lost."""

import asyncio
import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.model.collected import Refusal, Taken
from gateway.model.lifecycle import JobState
from gateway.model.notification import NotificationKind
from gateway.ports.wakeups import Topic
from gateway.store import Store
from tests.contract.conftest import Site
from tests.contract.queued import ANN, LEASE, MAIL, a_submission

REFUSAL = Refusal("Offer \0", "<1@example.com>", ("hello@fax.example.com: Not a fax number.",))


async def test_a_collected_mail_is_a_submission_like_any_other(site: Site, store: Store):
    taken = await store.collection.take("imap a 1", MAIL, a_submission("+4930100", "+4930200"))

    assert taken.submission_id
    submission = await store.jobs.submission(taken.submission_id)
    assert await store.blobs.get(submission.message) == MAIL
    jobs = await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=9)
    assert sorted(job.number.digits for job in jobs) == ["+4930100", "+4930200"]
    assert Topic.RESOLVING in site.wakeups.taken()


async def test_what_became_of_a_mail_is_remembered_by_its_key(store: Store, other: Store):
    taken = await store.collection.take("imap a 1", MAIL, a_submission(), refused=("x: Not a number.",))

    assert await other.collection.find("imap a 1") == taken
    assert taken.refused == ("x: Not a number.",)
    assert await other.collection.find("imap a 2") is None


async def test_of_many_that_take_a_mail_at_the_same_moment_one_does(store: Store, other: Store):
    takes = [
        node.collection.take(f"imap a {mail}", MAIL, a_submission())
        for mail in range(5)
        for node in (store, other) * 4
    ]

    taken = await asyncio.gather(*takes)

    assert len(set(taken)) == 5
    assert len(await store.jobs.list()) == 5


async def test_a_refused_mail_owes_an_answer_and_nothing_else(site: Site, store: Store):
    for _ in range(2):
        taken = await store.collection.take(
            "imap a 1", b"", None, refused=REFUSAL.reasons, answer=(ANN.mail, REFUSAL)
        )

    assert taken == Taken(None, REFUSAL.reasons)
    assert await store.jobs.list() == []
    (owed,) = await store.outbox.claim(lease=LEASE, limit=9)
    assert (owed.kind, owed.mailbox) == (NotificationKind.FAILED, ANN.mail)
    assert (owed.job_id, owed.received_id) == (None, None)
    assert owed.refusal == REFUSAL
    assert Topic.NOTIFYING in site.wakeups.taken()


async def test_a_mail_is_forgotten_only_when_it_lies_there_no_more(store: Store, other: Store):
    lying = await store.collection.take("imap a 1", MAIL, a_submission())
    await store.collection.take("imap a 2", MAIL, a_submission())
    for _ in range(2):
        await store.collection.settled("imap a 2")

    assert await store.collection.forget(timedelta(days=1)) == 0
    assert await other.collection.find("imap a 2") is not None
    assert await other.collection.forget(timedelta()) == 1

    assert await store.collection.find("imap a 2") is None
    assert await store.collection.find("imap a 1") == lying


@pytest.mark.parametrize("size", [2000, 3_000_000])
async def test_a_message_in_a_file_is_copied_and_stays_where_it_is(store: Store, tmp_path: Path, size: int):
    message = tmp_path / "mail.eml"
    message.write_bytes(os.urandom(size))

    taken = await store.collection.take("folder a 1", message, a_submission())

    assert taken.submission_id
    ref = (await store.jobs.submission(taken.submission_id)).message
    digest = hashlib.sha256(message.read_bytes()).hexdigest()
    assert hashlib.sha256(await store.blobs.get(ref)).hexdigest() == digest
