"""Calls that end otherwise: refused, cancelled, broken, and with a disk that fails."""

import asyncio
import ctypes
import gc
import logging
import os
import resource
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from telephony import CallEvent, Disposition, PageConfirmed, SessionNegotiated, T38Policy
from telephony.errors import AddressInUse, EngineClosed
from telephony.page_file import whole_pages
from telephony.sip_engine import SipEngine
from tests.fax_pages import Sheet, draw_fax
from tests.fix_sip import MEDIA_PORTS, Heard, a_fax_machine, a_line, a_station, free_address
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow
KEPT = 36  # seconds; a finished transaction is kept for 32 s (RFC 3261 17.2)


def when(kind: type, act: Callable[[], object]) -> Heard:
    """Does `act` when an event of that kind is told."""

    def look(event: CallEvent) -> None:
        if isinstance(event, kind):
            act()

    return Heard(look=look)


async def test_a_busy_line_says_so(line, tmp_path):
    arriving = line.called.listens()
    await asyncio.sleep(0)
    sending = asyncio.ensure_future(line.caller.sends(draw_fax(tmp_path / "fax.tif")))
    call = await arriving

    await call.reject(486)

    facts = await sending
    assert (facts.disposition, facts.sip_status, facts.pages) == (Disposition.BUSY, 486, ())


async def test_an_engine_that_nobody_listens_to_refuses_calls(line, tmp_path):
    facts = await line.caller.sends(draw_fax(tmp_path / "fax.tif"))

    assert (facts.disposition, facts.sip_status) == (Disposition.NO_ANSWER, 480)


async def test_a_call_that_rings_can_be_cancelled(line, tmp_path):
    arriving = line.called.listens()
    await asyncio.sleep(0)
    sending = asyncio.ensure_future(line.caller.sends(draw_fax(tmp_path / "fax.tif")))
    call = await arriving

    sending.cancel()

    with pytest.raises(asyncio.CancelledError):
        await sending
    facts = await call.receive(tmp_path / "in.tif", local_id="", on_event=Heard())
    assert "gave up" in facts.detail


async def test_a_fax_that_is_running_can_be_cancelled_at_either_end(tmp_path):
    async with a_line({"t38": T38Policy.NEVER}) as line:
        negotiated = asyncio.Event()
        receiving = asyncio.ensure_future(
            line.called.receives(tmp_path / "in.tif", when(SessionNegotiated, negotiated.set))
        )
        await asyncio.sleep(0)
        sending = asyncio.ensure_future(line.caller.sends(draw_fax(tmp_path / "fax.tif")))
        await negotiated.wait()

        receiving.cancel()

        with pytest.raises(asyncio.CancelledError):
            await receiving
        assert (await sending).disposition is Disposition.LINE_FAILED


async def test_a_trunk_that_is_not_there_is_unavailable(tmp_path):
    async with a_station(calls=free_address(), answer_timeout_s=3.0) as station:
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"))

    assert facts.disposition is Disposition.TRUNK_UNAVAILABLE
    assert facts.detail


async def test_a_name_that_does_not_resolve_is_an_unavailable_trunk(tmp_path):
    async with a_station(calls="no-such-host.invalid", answer_timeout_s=5.0) as station:
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"))

    assert facts.disposition is Disposition.TRUNK_UNAVAILABLE


async def test_an_address_that_is_taken_is_said_in_one_sentence():
    async with a_station() as station:
        with pytest.raises(AddressInUse, match="another program has the port"):
            async with SipEngine(station.address, MEDIA_PORTS):
                pass


async def test_closing_an_engine_hangs_up_and_frees_the_address(tmp_path):
    async with a_station() as called:
        negotiated = asyncio.Event()
        receiving = asyncio.ensure_future(called.receives(tmp_path / "in.tif", Heard()))
        await asyncio.sleep(0)
        async with a_station(calls=called.address) as caller:
            heard = when(SessionNegotiated, negotiated.set)
            sending = asyncio.ensure_future(caller.sends(draw_fax(tmp_path / "fax.tif"), heard=heard))
            await negotiated.wait()

        assert (await sending).disposition is Disposition.CANCELLED
        assert (await receiving).disposition in (Disposition.LINE_FAILED, Disposition.NO_FAX_ANSWERED)
        async with SipEngine(caller.address, MEDIA_PORTS):
            pass
    with pytest.raises(EngineClosed):
        await caller.sends(tmp_path / "fax.tif")


async def test_a_page_whose_folder_vanished_is_not_confirmed(line, tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    heard = when(SessionNegotiated, lambda: shutil.rmtree(spool))
    receiving = asyncio.ensure_future(line.called.receives(spool / "in.tif", heard))
    await asyncio.sleep(0)

    sent = await line.caller.sends(draw_fax(tmp_path / "fax.tif"))

    received = await receiving
    assert (sent.pages_confirmed, received.pages_confirmed) == (0, 0)
    assert sent.disposition is Disposition.LINE_FAILED
    assert received.disposition is Disposition.BAD_DOCUMENT


async def test_a_folder_that_cannot_be_written_is_our_fault_and_not_the_callers(line, tmp_path):
    receiving = asyncio.ensure_future(line.called.receives(tmp_path / "no folder" / "in.tif"))
    await asyncio.sleep(0)

    sent = await line.caller.sends(draw_fax(tmp_path / "fax.tif"))

    assert (await receiving).disposition is Disposition.BAD_DOCUMENT
    assert sent.pages_confirmed == 0


async def test_a_page_that_does_not_fit_on_the_disk_is_not_confirmed(tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=60), Sheet(rows=600, speckles=3000)])

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

    with a_fax_machine(tmp_path / "spool", before_start=small_files) as machine:
        async with a_station(calls=machine.address) as station:
            sent = await station.sends(fax)
        received = await machine.says("received")

    assert sent.pages_confirmed == 1
    assert sent.disposition is Disposition.INTERRUPTED
    assert received["disposition"] == "bad_document"
    assert len(received["pages"]) == len(whole_pages(machine.spool / "fax-0001.tif")) == 1


async def test_a_page_is_whole_on_disk_when_it_is_confirmed(line, tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=100)] * 3)
    on_disk: list[int] = []
    heard = when(PageConfirmed, lambda: on_disk.append(len(whole_pages(tmp_path / "in.tif"))))
    receiving = asyncio.ensure_future(line.called.receives(tmp_path / "in.tif", heard))
    await asyncio.sleep(0)

    await line.caller.sends(fax)

    await receiving
    assert on_disk == [1, 2, 3]


async def test_a_far_end_that_dies_ends_the_call_in_bounded_time(tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=300)])
    with a_fax_machine(tmp_path / "spool") as machine:
        async with a_station(calls=machine.address) as station:
            heard = when(SessionNegotiated, machine.process.kill)
            began = time.monotonic()

            facts = await station.sends(fax, heard=heard)

    assert facts.disposition is Disposition.LINE_FAILED
    assert time.monotonic() - began < 120


RUBBISH = [
    b"\x80\x08\0\1\0\0\0\1\0\0\0\1" + bytes(160),  # good RTP, from elsewhere
    b"\x80\x48\0\1\0\0\0\1\0\0\0\1" + bytes(160),  # of a payload type that nobody offered
    b"\0\0\x84\xff\xff",  # a UDPTL packet of more bytes than there are
    b"\0\0\1\6\0\xff\xff\xff\xff",  # and one that repeats more than there is
    b"",
]


@pytest.mark.parametrize("t38", [T38Policy.NEVER, T38Policy.PREFER])
async def test_a_strangers_packets_do_not_disturb_a_running_fax_and_are_told_once(tmp_path, caplog, t38):
    caplog.set_level(logging.INFO, "faxgw.telephony")
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=100)])
    async with a_line({"t38": t38}) as line:
        stop = asyncio.Event()

        async def shout() -> None:
            with socket.socket(type=socket.SOCK_DGRAM) as stranger:
                while not stop.is_set():
                    for port in _media_ports_of_this_process():
                        for packet in RUBBISH:
                            stranger.sendto(packet, ("127.0.0.1", port))
                    await asyncio.sleep(0.02)

        receiving = asyncio.ensure_future(line.called.receives(tmp_path / "in.tif"))
        await asyncio.sleep(0)
        heard = when(SessionNegotiated, lambda: shouting.append(asyncio.ensure_future(shout())))
        shouting: list[asyncio.Future[None]] = []
        sent = await line.caller.sends(fax, heard=heard)
        stop.set()
        await asyncio.gather(*shouting)
        counted = [station.engine.statistics() for station in (line.caller, line.called)]
        bad = sum(count["rtp_bad"] + count["udptl_bad"] for count in counted)

    assert (await receiving).disposition is sent.disposition is Disposition.DELIVERED
    assert bad > 100
    assert len([record for record in caplog.records if "no part of a call" in record.message]) == 2  # engines


def _media_ports_of_this_process() -> list[int]:
    inodes = {
        os.readlink(link)[8:-1] for link in Path("/proc/self/fd").iterdir() if "socket:" in _target(link)
    }
    rows = [row.split() for row in Path("/proc/net/udp").read_text().splitlines()[1:]]
    ports = [int(row[1].split(":")[1], 16) for row in rows if row[9] in inodes]
    return [port for port in ports if MEDIA_PORTS[0] <= port <= MEDIA_PORTS[1]]


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


class _MallocFacts(ctypes.Structure):
    """struct mallinfo2 of glibc."""

    _fields_ = [(f"field_{n}", ctypes.c_size_t) for n in range(10)]


def footprint() -> tuple[int, int]:
    """Open files, and KiB that C code has allocated and not given back."""
    gc.collect()
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = _MallocFacts
    facts = mallinfo2()
    return len(os.listdir("/proc/self/fd")), (facts.field_4 + facts.field_7) // 1024  # hblkhd, uordblks


async def until_given_back(before: tuple[int, int]) -> None:
    """When all is forgotten no more files are open than before, and less than 1000 KiB more are allocated."""
    files, memory = before
    until = time.monotonic() + KEPT + PATIENCE
    while (now := footprint())[0] > files or now[1] - memory >= 1000:
        assert time.monotonic() < until, f"{before} became {now}"
        await asyncio.sleep(0.5)


async def test_a_thousand_calls_that_fail_leave_nothing_behind(line, tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=20)])
    busy = asyncio.ensure_future(_refuses_all(line.called))
    await asyncio.sleep(0)

    async def fifty() -> None:
        facts = await asyncio.gather(*(line.caller.sends(fax) for _ in range(50)))
        assert {call.disposition for call in facts} == {Disposition.BUSY}

    for _ in range(20):
        await fifty()
    await asyncio.sleep(KEPT)
    before = footprint()
    for _ in range(20):
        await fifty()
    await until_given_back(before)  # a call that is left behind costs 10 KiB and more
    channels = line.caller.engine.statistics()["channels"]
    busy.cancel()

    assert channels == 0


async def _refuses_all(station) -> None:
    async with asyncio.TaskGroup() as refusing:
        async for call in station.engine.incoming():
            refusing.create_task(call.reject(486))
