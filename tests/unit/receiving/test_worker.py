import asyncio
from datetime import timedelta

import pytest

from gateway.config.schema import ReceivingSection
from gateway.model.notification import NotificationKind
from gateway.model.received import ReceivedState
from gateway.receiving.worker import ReceivingWorker
from telephony.page_file import whole_pages
from telephony.simulated import SimulatedEngine
from tests.fakes.pages import a_fax
from tests.stages import LEASE, a_store, answers

SECTION = ReceivingSection(station_id="+49 30 999", channels=1, operators="ops@example.com")
DID = {"+4930111": ("sales@example.com", "boss@example.com")}


@pytest.fixture
async def store(tmp_path):
    async with a_store(tmp_path, lease=timedelta()) as (store, _):
        yield store


@pytest.fixture
async def engine():
    async with SimulatedEngine() as engine:
        yield engine


@pytest.fixture
def stopping():
    return asyncio.Event()


@pytest.fixture
def worker(store, engine, tmp_path):
    return a_worker(store, engine, tmp_path)


def a_worker(store, engine, tmp_path, section: ReceivingSection = SECTION) -> ReceivingWorker:
    spool = tmp_path / "spool"
    spool.mkdir(exist_ok=True)
    return ReceivingWorker(
        engine=engine, received=store.received, spool=spool, section=section, did=DID, lease=LEASE
    )


@pytest.fixture
async def line(worker, stopping):
    """The worker takes calls."""
    running = asyncio.ensure_future(worker.run(stopping))
    yield worker
    stopping.set()
    await running


async def test_a_fax_goes_to_the_mailboxes_of_its_number(line, store, engine, stopping, tmp_path):
    call = engine.call_in("+4930111", "+4940222", a_fax(tmp_path / "sent.tif", pages=2))

    await call.ended.wait()
    fax = await the_fax(store)

    assert fax.state is ReceivedState.RECEIVED
    assert (fax.called, fax.caller, fax.page_count) == ("+4930111", "+4940222", 2)
    assert await answers(store) == [
        (NotificationKind.RECEIVED, "sales@example.com"),
        (NotificationKind.RECEIVED, "boss@example.com"),
    ]
    async with store.blobs.file(fax.pages) as pages:
        assert len(whole_pages(pages)) == 2
    assert call.transmission.local_id == "+49 30 999"


async def test_a_fax_for_an_unknown_number_goes_to_the_operators(line, store, engine, tmp_path):
    engine.call_in("+49309999", "", a_fax(tmp_path / "sent.tif"))

    await the_fax(store)

    assert await answers(store) == [(NotificationKind.RECEIVED, "ops@example.com")]


async def test_the_pages_of_a_broken_call_are_kept_and_marked(line, store, engine, tmp_path):
    engine.call_in("+4930111", "", a_fax(tmp_path / "sent.tif", pages=3), confirms=2)

    fax = await the_fax(store)

    assert (fax.state, fax.page_count) == (ReceivedState.PARTIAL, 2)
    assert len(await answers(store)) == 2


async def test_a_call_without_a_page_bothers_nobody(line, store, engine, tmp_path):
    engine.call_in("+4930111", "", a_fax(tmp_path / "sent.tif", pages=3), confirms=0)

    fax = await the_fax(store)

    assert fax.state is ReceivedState.EMPTY
    assert await answers(store) == []


async def test_the_spool_is_empty_when_the_fax_is_stored(line, store, engine, stopping, tmp_path):
    engine.call_in("+4930111", "", a_fax(tmp_path / "sent.tif"))
    await the_fax(store)

    stopping.set()

    await until_empty(tmp_path / "spool")


async def test_a_call_beyond_the_channels_hears_that_we_are_busy(store, engine, tmp_path, stopping):
    worker = a_worker(store, engine, tmp_path, ReceivingSection(channels=0, operators="ops@example.com"))
    running = asyncio.ensure_future(worker.run(stopping))

    call = engine.call_in("+4930111", "", a_fax(tmp_path / "sent.tif"))
    await call.ended.wait()

    assert call.rejected_with == 486
    stopping.set()
    await running


async def test_a_call_that_nobody_would_get_is_refused(store, engine, tmp_path, stopping):
    worker = a_worker(store, engine, tmp_path, ReceivingSection(operators=""))
    running = asyncio.ensure_future(worker.run(stopping))

    call = engine.call_in("+49309999", "", a_fax(tmp_path / "sent.tif"))
    await call.ended.wait()

    assert call.rejected_with == 404
    stopping.set()
    await running


async def test_a_fax_whose_process_died_is_delivered_with_the_pages_that_can_be_read(worker, store, tmp_path):
    spool = a_fax(tmp_path / "spool" / "dead.tif", pages=3)
    spool.write_bytes(spool.read_bytes()[:-20])
    await store.received.open(call_id="c", called="+4930111", caller="", spool=spool, lease=timedelta())

    repaired = await worker.repair()

    fax = await the_fax(store)
    assert repaired == 1
    assert (fax.state, fax.page_count) == (ReceivedState.PARTIAL, 2)
    assert fax.detail == "The gateway stopped during the call."
    assert len(await answers(store)) == 2
    assert not spool.exists()


async def test_a_call_whose_process_died_before_a_page_leaves_an_empty_row(worker, store, tmp_path):
    await store.received.open(
        call_id="c", called="+4930111", caller="", spool=tmp_path / "spool" / "x.tif", lease=timedelta()
    )

    await worker.repair()

    assert (await the_fax(store)).state is ReceivedState.EMPTY


async def test_a_call_under_way_is_not_taken_for_dead(worker, store, tmp_path):
    await store.received.open(
        call_id="c", called="+4930111", caller="", spool=tmp_path / "spool" / "x.tif", lease=LEASE
    )

    repaired = await worker.repair()

    assert repaired == 0


async def test_what_is_left_in_the_spool_of_a_stored_fax_is_swept(worker, store, tmp_path):
    spool = a_fax(tmp_path / "spool" / "stored.tif")
    unknown = a_fax(tmp_path / "spool" / "unknown.tif")
    received_id = await store.received.open(
        call_id="c", called="+4930111", caller="", spool=spool, lease=LEASE
    )
    await store.received.close(received_id, pages=spool, page_count=1, complete=True, mailboxes=())

    await worker.sweep()

    assert not spool.exists()
    assert unknown.exists()


async def the_fax(store):
    """The only received fax, as soon as it is closed."""
    while True:
        faxes = await store.received.list()
        if faxes and faxes[0].state is not ReceivedState.RECEIVING:
            return faxes[0]


async def until_empty(folder) -> None:
    while list(folder.iterdir()):
        await asyncio.sleep(0)
