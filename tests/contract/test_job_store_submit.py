"""A message that was accepted is never lost."""

import asyncio
import contextlib
import hashlib
import os
import signal
import sys
from pathlib import Path

import pytest

from gateway.config.schema import NodeSection, QueueSection
from gateway.errors import StoreUnavailable
from gateway.model.envelope import Envelope
from gateway.model.job import Job
from gateway.model.lifecycle import JobState
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions
from gateway.model.submission import NewSubmission, Recipient
from gateway.ports.wakeups import Topic
from gateway.store import Store, open_store
from tests.contract.conftest import Site
from tests.contract.queued import ANN, LEASE, MAIL, a_submission, some_received
from tests.fakes.wakeups import RememberedWakeups


async def test_every_recipient_gets_a_job(store: Store):
    numbers = ("+4930100", "+4930200", "+4930300")

    submission_id = await store.jobs.submit(a_submission(*numbers), MAIL)

    jobs = sorted(await store.jobs.list(), key=lambda job: job.id)
    assert [job.number for job in jobs] == [FaxNumber(n) for n in numbers]
    assert [job.address for job in jobs] == [f"{n}@fax.example.com" for n in numbers]
    assert {job.state for job in jobs} == {JobState.RECEIVED}
    assert {job.submission_id for job in jobs} == {submission_id}
    assert {len(job.id) for job in jobs} == {26}


async def test_a_job_knows_who_gets_it_and_what_was_asked_for(store: Store):
    options = JobOptions(resolution="standard", attempts=2, not_done=("^LEGAL",))
    recipient = Recipient("a@fax.example.com", FaxNumber("+4930100"), "Carl \0rff", "Doe", options)

    await store.jobs.submit(NewSubmission(Envelope(ANN.mail, ()), (recipient,), "smtp 127.0.0.1"), MAIL)

    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    assert (job.recipient_name, job.recipient_company) == ("Carl \ufffdrff", "Doe")
    assert job.options == options


async def test_a_submission_remembers_envelope_client_and_raw_message(store: Store):
    submission_id = await store.jobs.submit(a_submission(), MAIL)

    submission = await store.jobs.submission(submission_id)
    assert submission.mail_from == ANN.mail
    assert submission.client == "smtp 127.0.0.1"
    assert submission.pages is None
    assert await store.blobs.get(submission.message) == MAIL


async def test_the_history_of_a_job_begins_with_its_submission(store: Store):
    (job,) = await some_received(store.jobs, "+4930100")

    (row,) = await store.jobs.trace(job.id)
    assert (row.event, row.state, row.node) == ("submitted", JobState.RECEIVED, "one")
    assert row.text == "smtp 127.0.0.1"


@pytest.mark.parametrize("size", [0, 2000, 64 * 1024, 64 * 1024 + 1, 3_000_000])
async def test_a_message_in_a_file_is_taken_over_whatever_its_size(store: Store, tmp_path: Path, size: int):
    message = tmp_path / "spooled"
    message.write_bytes(os.urandom(size))
    digest = hashlib.sha256(message.read_bytes()).hexdigest()

    submission_id = await store.jobs.submit(a_submission(), message)

    ref = (await store.jobs.submission(submission_id)).message
    assert not message.exists()
    assert hashlib.sha256(await store.blobs.get(ref)).hexdigest() == digest == ref


async def test_whoever_submits_at_the_same_moment_gets_his_own_id(store: Store):
    ids = await asyncio.gather(*(store.jobs.submit(a_submission(), b"%d" % n) for n in range(200)))

    messages = {await store.blobs.get((await store.jobs.submission(id_)).message) for id_ in ids}
    assert messages == {b"%d" % n for n in range(200)}


async def test_two_submissions_with_the_same_message_share_its_content(store: Store):
    first, second = [await store.jobs.submit(a_submission(), MAIL) for _ in range(2)]

    assert first != second
    refs = {(await store.jobs.submission(id_)).message for id_ in (first, second)}
    assert len(refs) == 1


async def test_a_submission_wakes_the_resolving_stage(site: Site, store: Store):
    await store.jobs.submit(a_submission(), MAIL)

    assert site.wakeups.taken() == {Topic.RESOLVING}


async def test_what_no_database_can_keep_in_text_does_not_stop_a_mail(store: Store):
    odd = a_submission("+4930100")
    odd = type(odd)(type(odd.envelope)("a\0b\udcff@example.com", ("x",)), odd.recipients, "smtp \0")

    submission_id = await store.jobs.submit(odd, MAIL)

    assert (await store.jobs.submission(submission_id)).mail_from == "a\ufffdb\ufffd@example.com"


async def test_nothing_is_stored_when_the_disk_is_full(tmp_path: Path):
    queue, node = QueueSection(), NodeSection(name="one", data_dir=tmp_path)
    async with open_store(queue, node, RememberedWakeups()) as store:
        with _file_size_limit(1_000_000), pytest.raises(StoreUnavailable, match=r"[Ff]ull|too large|disk"):
            for _ in range(1000):
                await store.jobs.submit(a_submission(), os.urandom(60_000))
        kept = len(await store.jobs.list(limit=10_000))

        await store.jobs.submit(a_submission(), MAIL)

        assert len(await store.jobs.list(limit=10_000)) == kept + 1


@contextlib.contextmanager
def _file_size_limit(size: int):
    """A file of this process cannot grow beyond `size` bytes, as if the disk were full."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


async def test_a_process_killed_in_mid_submit_has_lost_nothing_it_acknowledged(site: Site, store: Store):
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.contract.submitter",
        site.queue.url,
        str(site.folder),
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout
    acknowledged = [(await child.stdout.readline()).decode().strip() for _ in range(200)]

    child.kill()

    acknowledged += (await child.stdout.read()).decode().split("\n")[:-1]  # the last one may be cut off
    await child.wait()
    jobs: list[Job] = await store.jobs.list(limit=1_000_000)
    stored = {job.submission_id for job in jobs}
    assert len(acknowledged) >= 200
    assert set(acknowledged) <= stored
    for submission_id in acknowledged[-20:]:
        message = await store.blobs.get((await store.jobs.submission(submission_id)).message)
        assert hashlib.sha256(message[64:]).hexdigest() == message[:64].decode()
    assert await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
