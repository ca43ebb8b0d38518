import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.config.schema import ReceivingSection
from gateway.model.ids import JobId
from gateway.model.notification import NotificationKind
from gateway.model.received import ReceivedState
from gateway.receiving.worker import ReceivingWorker
from telephony import Offer
from telephony.page_file import whole_pages
from telephony.simulated import SimulatedEngine
from tests.fakes.pages import a_fax
from tests.stages import LEASE, a_store, answers

SECTION = ReceivingSection(station_id="+49 30 999", channels=1, operators="ops@example.com")
DID = {"+4930111": ("sales@example.com", "boss@example.com"), "+4930111#4711": ("ann@example.com",)}


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


def a_worker(store, engine, tmp_path, section: ReceivingSection = SECTION, **settings) -> ReceivingWorker:
    spool = tmp_path / "spool"
    spool.mkdir(exist_ok=True)
    return ReceivingWorker(
        engine=engine, received=store.received, spool=spool, section=section, did=DID, lease=LEASE, **settings
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


async def test_what_is_on_offer_at_a_number_goes_to_who_polls_it_and_nobody_gets_a_mail(
    store, engine, stopping, tmp_path
):
    offers = {"4930111": [Offer(a_fax(tmp_path / "prices.tif", pages=2))]}
    running = asyncio.ensure_future(a_worker(store, engine, tmp_path, offers=offers).run(stopping))
    call = engine.call_in("+4930111", "+4940222", tmp_path / "fetched.tif", polls=True)

    fax = await the_fax(store)

    assert len(whole_pages(tmp_path / "fetched.tif")) == 2
    assert call.transmission.polled
    assert (fax.state, fax.page_count) == (ReceivedState.EMPTY, 0)
    assert fax.detail == "The caller fetched our document: 2 pages went out."
    assert await answers(store) == []
    stopping.set()
    await running


async def test_of_the_documents_at_a_number_the_one_that_is_asked_for_by_name_goes_out(
    store, engine, stopping, tmp_path
):
    prices = [Offer(tmp_path / "gone.tif", "11"), Offer(a_fax(tmp_path / "prices.tif", pages=2), "12")]
    running = asyncio.ensure_future(
        a_worker(store, engine, tmp_path, offers={"4930111": prices}).run(stopping)
    )
    engine.call_in("+4930111", "+4940222", tmp_path / "fetched.tif", polls=True, sub_address="12")

    fax = await the_fax(store)

    assert len(whole_pages(tmp_path / "fetched.tif")) == 2
    assert fax.detail == "The caller fetched our document 12: 2 pages went out."
    stopping.set()
    await running


@pytest.mark.parametrize("number", ["+4930111", "+4930112"])
async def test_a_number_gives_out_nothing_that_is_not_on_offer_there(
    store, engine, stopping, tmp_path, number
):
    offers = {"4930111": [Offer(tmp_path / "not there.tif")], "4930113": [Offer(a_fax(tmp_path / "x.tif"))]}
    running = asyncio.ensure_future(a_worker(store, engine, tmp_path, offers=offers).run(stopping))
    engine.call_in(number, "+4940222", tmp_path / "fetched.tif", polls=True)

    fax = await the_fax(store)

    assert fax.state is ReceivedState.EMPTY
    assert not (tmp_path / "fetched.tif").exists()
    stopping.set()
    await running


async def test_what_a_fetching_call_left_is_for_who_asked_for_it_and_not_for_the_operators(
    worker, store, tmp_path
):
    await store.received.open(
        call_id="",
        called="",
        caller="+4940222",
        spool=a_fax(tmp_path / "spool" / "cut.tif", pages=2),
        lease=timedelta(),
        job_id=JobId("job"),
        mailbox="ann@example.com",
    )

    await worker.repair()

    assert await answers(store) == [(NotificationKind.RECEIVED, "ann@example.com")]


async def test_a_fax_for_a_person_behind_the_number_goes_to_that_mailbox(line, store, engine, tmp_path):
    engine.call_in("+4930111", "", a_fax(tmp_path / "sent.tif"), sub_address="4711")

    fax = await the_fax(store)

    assert fax.sub_address == "4711"
    assert await answers(store) == [(NotificationKind.RECEIVED, "ann@example.com")]


async def test_a_number_shows_the_station_id_of_its_own(store, engine, tmp_path, stopping):
    section = replace(SECTION, station_ids=("+4930111=ACME Sales",))
    running = asyncio.ensure_future(a_worker(store, engine, tmp_path, section).run(stopping))
    call = engine.call_in("4930111", "", a_fax(tmp_path / "sent.tif"))

    await call.ended.wait()

    assert call.transmission.local_id == "ACME Sales"
    stopping.set()
    await running


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


async def test_a_call_that_comes_while_the_gateway_stops_hears_that_another_one_should_be_called(
    store, engine, tmp_path, stopping
):
    worker, over = a_worker(store, engine, tmp_path), asyncio.Event()
    running = asyncio.ensure_future(worker.run(stopping))
    worker._calls.add(last := asyncio.ensure_future(over.wait()))  # a call that the gateway waits for
    stopping.set()
    call = engine.call_in("+4930111", "", a_fax(tmp_path / "sent.tif"))
    await call.ended.wait()
    over.set()
    await asyncio.gather(last, running)

    assert call.rejected_with == 503


async def test_a_call_that_comes_between_the_last_one_and_the_end_of_the_engine_does_not_ring_in_vain(
    store, engine, tmp_path, stopping
):
    stopping.set()
    await a_worker(store, engine, tmp_path).run(stopping)

    call = engine.call_in("+4930111", "", a_fax(tmp_path / "sent.tif"))

    assert call.rejected_with == 503


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
