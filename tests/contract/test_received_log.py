"""A call that came in is on record before it is answered, whatever becomes of it."""

from pathlib import Path

import pytest

from gateway.errors import LeaseLost
from gateway.model.ids import JobId, ReceivedId
from gateway.model.notification import NotificationKind
from gateway.model.received import ReceivedState
from gateway.ports.wakeups import Topic
from gateway.store import Store
from telephony import Disposition
from tests.contract.conftest import Site
from tests.contract.queued import LEASE, NO_LEASE, a_transmission


async def a_call(store: Store, spool: Path, lease=LEASE) -> ReceivedId:
    return await store.received.open(
        call_id="call@pbx", called="+4930100", caller="+4930200", spool=spool, lease=lease
    )


async def test_a_call_is_on_record_before_it_is_answered(store: Store, tmp_path: Path):
    received_id = await a_call(store, tmp_path / "call.tif")

    fax = await store.received.get(received_id)
    assert (fax.state, fax.node, fax.spool) == (ReceivedState.RECEIVING, "one", tmp_path / "call.tif")
    assert (fax.call_id, fax.called, fax.caller) == ("call@pbx", "+4930100", "+4930200")
    assert (fax.ended_at, fax.pages, fax.page_count) == (None, None, 0)


async def test_a_complete_fax_is_kept_and_its_mailboxes_are_owed_a_mail(
    site: Site, store: Store, tmp_path: Path
):
    spool = tmp_path / "call.tif"
    spool.write_bytes(b"II*\0 pages")
    received_id = await a_call(store, spool)
    transmission = a_transmission(Disposition.DELIVERED, pages=2)

    await store.received.close(
        received_id,
        pages=spool,
        page_count=2,
        complete=True,
        mailboxes=("ann@example.com", "bob@example.com"),
        transmission=transmission,
    )

    fax = await store.received.get(received_id)
    assert (fax.state, fax.page_count, fax.remote_id) == (ReceivedState.RECEIVED, 2, "+49 30 2")
    assert fax.ended_at == transmission.ended_at
    assert fax.pages
    assert await store.blobs.get(fax.pages) == spool.read_bytes()
    owed = await store.outbox.claim(lease=LEASE, limit=5)
    assert [(o.kind, o.mailbox, o.received_id) for o in owed] == [
        (NotificationKind.RECEIVED, "ann@example.com", received_id),
        (NotificationKind.RECEIVED, "bob@example.com", received_id),
    ]
    assert Topic.NOTIFYING in site.wakeups.taken()


async def test_the_pages_before_a_broken_line_are_kept(store: Store, tmp_path: Path):
    spool = tmp_path / "call.tif"
    spool.write_bytes(b"II*\0 one page")
    received_id = await a_call(store, spool)

    await store.received.close(
        received_id,
        pages=spool,
        page_count=1,
        complete=False,
        mailboxes=("ann@example.com",),
        detail="Line lost",
    )

    fax = await store.received.get(received_id)
    assert (fax.state, fax.page_count, fax.detail) == (ReceivedState.PARTIAL, 1, "Line lost")
    assert len(await store.outbox.claim(lease=LEASE, limit=5)) == 1


async def test_a_call_without_a_page_owes_nobody_a_mail(store: Store, tmp_path: Path):
    received_id = await a_call(store, tmp_path / "call.tif")

    await store.received.close(
        received_id, pages=None, page_count=0, complete=False, mailboxes=("ann@example.com",)
    )

    assert (await store.received.get(received_id)).state is ReceivedState.EMPTY
    assert await store.outbox.claim(lease=LEASE) == []


async def test_a_fax_is_closed_once(store: Store, tmp_path: Path):
    received_id = await a_call(store, tmp_path / "call.tif")
    closing = {"pages": None, "page_count": 0, "complete": False, "mailboxes": ()}
    await store.received.close(received_id, **closing)

    with pytest.raises(LeaseLost):
        await store.received.close(received_id, **closing)


async def test_a_call_whose_process_died_is_found_by_its_node(store: Store, tmp_path: Path):
    received_id = await a_call(store, tmp_path / "call.tif", lease=NO_LEASE)

    (abandoned,) = await store.received.abandoned()

    assert (abandoned.id, abandoned.spool) == (received_id, tmp_path / "call.tif")
    assert await store.received.abandoned() == []  # leased to whoever asked first


async def test_an_abandoned_call_is_left_to_its_own_node_which_has_the_pages(
    store: Store, other: Store, tmp_path: Path
):
    await a_call(store, tmp_path / "call.tif", lease=NO_LEASE)

    assert await other.received.abandoned() == []


async def test_a_call_under_way_is_not_abandoned(store: Store, tmp_path: Path):
    received_id = await a_call(store, tmp_path / "call.tif", lease=NO_LEASE)

    await store.received.renew(received_id, LEASE)

    assert await store.received.abandoned() == []


async def test_received_faxes_are_listed_newest_first(store: Store, tmp_path: Path):
    ids = [await a_call(store, tmp_path / f"{n}.tif") for n in range(3)]

    assert [fax.id for fax in await store.received.list()] == ids[::-1]
    assert [fax.id for fax in await store.received.list(limit=1)] == ids[-1:]
    with pytest.raises(KeyError):
        await store.received.get(ReceivedId("0" * 26))


async def test_a_fax_that_was_fetched_is_found_by_its_job_when_it_is_complete(store: Store, tmp_path: Path):
    job, spool = JobId("job"), tmp_path / "call.tif"
    spool.write_bytes(b"II*\0 pages")
    for complete in (False, True):
        assert await store.received.fetched_by(job) is None
        received_id = await store.received.open(
            call_id="",
            called="",
            caller="+4930200",
            spool=spool,
            lease=LEASE,
            job_id=job,
            mailbox="ann@example.com",
        )
        await store.received.close(
            received_id, pages=spool, page_count=1, complete=complete, mailboxes=("ann@example.com",)
        )

    fax = await store.received.fetched_by(job)

    assert fax
    assert (fax.id, fax.job_id, fax.mailbox) == (received_id, job, "ann@example.com")
