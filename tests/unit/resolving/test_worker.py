import pytest

from gateway.config.schema import SendingSection
from gateway.model.job import Sender
from gateway.model.lifecycle import JobState
from gateway.ports.wakeups import Topic
from gateway.resolving.sender import EnvelopeSenders
from gateway.resolving.worker import ResolvingWorker
from gateway.stage import Stage
from tests.stages import A_MAIL, LEASE, a_received_job, a_store

SECTION = SendingSection(station_id="+49 30 1", caller_number="+49301")


@pytest.fixture
async def opened(tmp_path):
    async with a_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def store(opened):
    return opened[0]


@pytest.fixture
def stage(opened):
    store, wakeups = opened
    worker = ResolvingWorker(jobs=store.jobs, blobs=store.blobs, sender_of=EnvelopeSenders(SECTION))
    return Stage(
        topic=Topic.RESOLVING,
        claims=(JobState.RECEIVED,),
        work=worker.work,
        jobs=store.jobs,
        wakeups=wakeups,
        lease=LEASE,
        at_once=4,
    )


async def test_a_job_belongs_to_the_envelope_sender(stage, store):
    job = await a_received_job(store)

    await stage.run_once()

    resolved = await store.jobs.get(job.id)
    assert resolved.state is JobState.RESOLVED
    assert resolved.sender == Sender("ann@example.com", "Ann Smith", "+49 30 1", "+49301")


async def test_a_message_that_is_lost_holds_its_job(stage, store, tmp_path, caplog):
    job = await a_received_job(store, message=A_MAIL + bytes(1_000_000))
    for file in (tmp_path / "blobs").rglob("*"):
        if file.is_file():
            file.unlink()

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.HELD
