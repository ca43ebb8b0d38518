"""What a far end does in a call, and what becomes of the job: the queue, our engine, and sipp."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.schema import SendingSection
from gateway.model.destination import Limit
from gateway.model.lifecycle import JobState
from gateway.ports.wakeups import Topic
from gateway.sending.worker import SendingWorker
from telephony.sip_engine import SipEngine
from telephony.trunk import Trunk
from tests.fakes.clock import FakeClock
from tests.fakes.page_views import RecordingViews
from tests.fix_sip import MEDIA_PORTS, a_station, free_address, sipp
from tests.stages import a_rendered_job, a_stage_of

pytestmark = pytest.mark.slow
SECTION = SendingSection(header="", busy_delay=timedelta(minutes=3), no_answer_delay=timedelta())


@pytest.fixture
def calls_once(opened, tmp_path):
    """Makes the next call that is due, over the trunks of an engine."""
    store, _ = opened

    async def run(engine: SipEngine, *trunks: Trunk) -> None:
        worker = SendingWorker(
            engine=engine,
            jobs=store.jobs,
            blobs=store.blobs,
            views=RecordingViews(),
            destinations=store.destinations,
            trunks=trunks,
            section=SECTION,
            clock=FakeClock(datetime.now(UTC)),
            scratch=tmp_path,
        )
        assert await a_stage_of(opened, Topic.SENDING, worker.work).run_once()

    return run


@pytest.mark.parametrize(
    ("status", "asked", "waits"),
    [
        ("486 Busy Here", "600 (in a meeting);duration=3600", timedelta(minutes=10)),
        ("600 Busy Everywhere", "60", timedelta(minutes=3)),
        ("480 Temporarily Unavailable", "120", timedelta(minutes=2)),
        ("503 Service Unavailable", "1800", timedelta(minutes=30)),
        ("486 Busy Here", "4294967295", timedelta(hours=1)),
        ("486 Busy Here", "tomorrow", timedelta(minutes=3)),
    ],
)
async def test_a_far_end_that_says_when_to_call_again_is_not_called_before(
    store, tmp_path, calls_once, status, asked, waits
):
    job = await a_rendered_job(store, tmp_path)

    async with sipp("refuse", status=status, reason=f"SIP;cause=1\nRetry-After: {asked}") as peer:
        async with a_station(calls=peer.address) as station:
            began = datetime.now(UTC)
            await calls_once(station.engine, station.trunk)
        await peer.plays_to_the_end()

    deferred = await store.jobs.get(job.id)
    assert deferred.state is JobState.DEFERRED
    assert waits <= deferred.due_at - began < waits + timedelta(minutes=1)


async def test_a_far_end_that_takes_t38_and_then_sends_none_is_called_again_in_g711(
    store, tmp_path, calls_once
):
    job = await a_rendered_job(store, tmp_path)
    settings = {"no_fax_timeout_s": 3.0}

    async with sipp("answer_then_t38_and_silence") as peer:
        async with a_station(calls=peer.address, **settings) as station:
            await calls_once(station.engine, station.trunk)
        await peer.plays_to_the_end()
    known = await store.destinations.lessons(job.number)
    async with sipp("answer_then_t38_that_is_refused") as peer:
        async with a_station(calls=peer.address, **settings) as station:
            await calls_once(station.engine, station.trunk)
        await peer.plays_to_the_end()

    assert [lesson.limit for lesson in known] == [Limit.NO_T38]
    assert (await store.jobs.get(job.id)).state is JobState.FAILED  # nobody was heard in two calls
    assert await store.destinations.lessons(job.number) == []


async def test_a_trunk_that_asks_for_a_rest_gets_none_of_the_next_faxes_until_it_has_had_it(
    store, tmp_path, calls_once
):
    busy = {"status": "486 Busy Here", "reason": "SIP;cause=486"}
    resting = {"status": "503 Service Unavailable", "reason": "SIP;cause=1\nRetry-After: 3600"}
    async with sipp("refuse", **resting) as first, sipp("refuse", times=2, **busy) as second:
        main, spare = Trunk("main", f"sip:{first.address}"), Trunk("spare", f"sip:{second.address}")
        async with SipEngine(free_address(), MEDIA_PORTS, trunks=[main, spare]) as engine:
            for _ in range(2):
                await a_rendered_job(store, tmp_path)
                await calls_once(engine, main, spare)
            rests = engine.rest_of(main)
        await first.plays_to_the_end()
        await second.plays_to_the_end()
        heard = first.messages()

    assert len(set(re.findall("Call-ID: .*", heard))) == 1
    assert timedelta() < rests <= timedelta(minutes=5)
