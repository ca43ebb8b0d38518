"""A peer behind NAT names an address that is not its own: it is answered where its packets come from."""

import asyncio
import itertools
import os
import socket
import struct

import pytest

from telephony import Disposition, Medium, SendOrder, T38Policy, Trunk
from telephony.sip_engine import SipEngine
from tests.fax_pages import draw_fax, pictures
from tests.fix_sip import MEDIA_PORTS, Heard, free_address

NOBODY = "127.0.0.9"
_OWN_PORTS = 19200  # between those of the bad network and those of all other engines


async def one_fax(caller, called, order, pages):
    """What both ends say of a fax, which lies in `pages` then."""
    arriving = asyncio.ensure_future(anext(aiter(called.incoming())))
    await asyncio.sleep(0)
    sending = asyncio.ensure_future(caller.send(order, Heard()))
    call = await arriving
    received = await call.receive(pages, local_id="", on_event=Heard())
    return await sending, received


@pytest.mark.parametrize(("t38", "medium"), [(T38Policy.PREFER, Medium.T38), (T38Policy.NEVER, Medium.AUDIO)])
@pytest.mark.parametrize("who", ["calls", "is called"])
async def test_a_fax_goes_where_packets_come_from_and_not_where_the_sdp_says(tmp_path, t38, medium, who):
    fax = draw_fax(tmp_path / "fax.tif")
    behind, outside = free_address(), free_address()
    names = (NOBODY, "") if who == "calls" else ("", NOBODY)
    trunks = [Trunk("main", proxy=f"sip:{there}", t38=t38) for there in (outside, behind)]
    async with (
        SipEngine(behind, MEDIA_PORTS, names[0], trunks[:1]) as caller,
        SipEngine(outside, MEDIA_PORTS, names[1], trunks[1:]) as called,
    ):
        sent, received = await one_fax(caller, called, SendOrder("1", fax, trunks[0]), tmp_path / "in.tif")

    assert (sent.disposition, received.disposition) == (Disposition.DELIVERED, Disposition.DELIVERED)
    assert sent.medium is medium
    assert pictures(tmp_path / "in.tif") == pictures(fax)


def of_t38(sequence: int) -> bytes:
    """A UDPTL datagram as a far end sends it whose own call is gone: a preamble is coming (V.21)."""
    return struct.pack(">HBBBB", sequence, 1, 0x06, 0, 0)


def of_audio(sequence: int) -> bytes:
    """RTP of such a far end: silence in G.711 A-law."""
    return struct.pack(">BBHII", 0x80, 8, sequence, 160 * sequence, 4711) + b"\xd5" * 160


async def bother(addresses, packet, begun):
    """Sends what belongs to no call to these addresses until cancelled, so fast that it comes first."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        for sequence in itertools.count(1200):
            for address in addresses:
                elsewhere.sendto(packet(sequence % 65_536), address)
            begun.set()
            await asyncio.sleep(0.002)  # a tenth of a gateway's pace


@pytest.mark.parametrize(
    ("t38", "medium", "packet", "offset"),
    [(T38Policy.PREFER, Medium.T38, of_t38, 2), (T38Policy.NEVER, Medium.AUDIO, of_audio, 0)],
)
async def test_strangers_who_were_first_at_both_ends_do_not_keep_them_apart(
    tmp_path, t38, medium, packet, offset
):
    fax = draw_fax(tmp_path / "fax.tif")
    here, there = free_address(), free_address()
    trunks = [Trunk("main", proxy=f"sip:{address}", t38=t38) for address in (there, here)]
    first = _OWN_PORTS + 8 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    begun = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        strangers = bother([("127.0.0.1", port + offset) for port in (first, first + 4)], packet, begun)
        bothering = group.create_task(strangers)
        await begun.wait()
        async with (
            SipEngine(here, (first, first + 3), "", trunks[:1]) as caller,  # room for one call
            SipEngine(there, (first + 4, first + 7), "", trunks[1:]) as called,
        ):
            sent, received = await one_fax(
                caller, called, SendOrder("1", fax, trunks[0]), tmp_path / "in.tif"
            )
        bothering.cancel()

    assert (sent.disposition, received.disposition) == (Disposition.DELIVERED, Disposition.DELIVERED)
    assert sent.medium is medium
    assert pictures(tmp_path / "in.tif") == pictures(fax)
