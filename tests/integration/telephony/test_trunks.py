"""Trunks against Kamailio: registration, passwords, keep-alive; and calls from addresses of no trunk."""

import asyncio
import logging
import socket
from collections.abc import Callable

import pytest

from telephony import Disposition
from telephony.sip_engine import SipEngine
from telephony.trunk import T38Policy, Trunk
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fix_kamailio import PASSWORD, USER, a_provider
from tests.fix_sip import MEDIA_PORTS, a_station, busy_when_it_rings, free_address, sipp
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow
ACCOUNT = {"username": USER, "password": PASSWORD}
REGISTERS = {**ACCOUNT, "register": True}


async def until(holds: Callable[[], object]) -> None:
    """What `holds` says has become true."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("algorithm", ["", "MD5", "SHA-256"])
async def test_a_trunk_that_asks_for_a_password_gets_it(tmp_path, algorithm):
    async with a_station() as far:
        arriving = far.listens()
        await asyncio.sleep(0)
        with a_provider(calls=far.address, algorithm=algorithm) as provider:
            async with a_station(calls=provider.address, **ACCOUNT) as near:
                sending = asyncio.ensure_future(near.sends(draw_fax(tmp_path / "fax.tif")))
                sent = await busy_when_it_rings(arriving, sending)

    assert sent.disposition is Disposition.BUSY


@pytest.mark.parametrize("algorithm", ["", "SHA-256"])
@pytest.mark.parametrize("account", [{}, {"username": USER, "password": "wrong"}])
async def test_a_trunk_that_does_not_take_our_password_is_unavailable(tmp_path, account, algorithm):
    with a_provider(algorithm=algorithm) as provider:
        async with a_station(calls=provider.address, **account) as near:
            sent = await near.sends(draw_fax(tmp_path / "fax.tif"))

    assert (sent.disposition, sent.sip_status) == (Disposition.TRUNK_UNAVAILABLE, 407)


@pytest.mark.parametrize("algorithm", ["", "SHA-256"])
async def test_a_registered_fax_is_called_over_its_provider_and_stays_registered(tmp_path, algorithm):
    with a_provider(registered_for=2, algorithm=algorithm) as provider:
        async with (
            a_station(calls=provider.address, **REGISTERS) as near,
            a_station(calls=provider.address) as far,
        ):
            receiving = asyncio.ensure_future(near.receives(tmp_path / "in.tif"))
            await until(lambda: near.engine.is_registered(near.trunk))
            await asyncio.sleep(4)  # two lives of a registration
            fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=60)])
            async with asyncio.timeout(PATIENCE):
                while (sent := await far.sends(fax, USER)).answered_at is None:
                    await asyncio.sleep(0.1)  # it is late on a busy machine, and registered again in a moment
            received = await receiving

    assert (sent.disposition, received.disposition) == (Disposition.DELIVERED, Disposition.DELIVERED)
    assert received.trunk == near.trunk.name


async def test_a_registration_that_is_refused_takes_the_trunk_down_until_it_succeeds(caplog):
    with a_provider() as provider:
        async with a_station(calls=provider.address, **{**REGISTERS, "password": "wrong"}) as near:
            await until(lambda: not near.engine.is_up(near.trunk))

    assert [record.message.partition(":")[0] for record in caplog.records] == ["trunk main is down"]


async def test_a_trunk_that_wants_longer_registrations_gets_them(caplog):
    account = {**REGISTERS, "register_every_s": 60}
    async with sipp("register_for_longer") as peer:
        async with a_station(calls=peer.address, **account) as near:
            await until(lambda: near.engine.is_registered(near.trunk))
            assert near.engine.is_up(near.trunk)
        await peer.plays_to_the_end()

    assert not [record for record in caplog.records if record.message.startswith("trunk")]


async def test_a_trunk_that_stops_answering_is_down_and_up_again_and_each_is_told_once(caplog):
    address = free_address()
    settings = {"keep_alive_s": 0.1, "keep_alive_misses": 3}
    async with a_station(calls=address, **settings) as near:
        await until(lambda: not near.engine.is_up(near.trunk))
        with a_provider(address=address):
            await until(lambda: near.engine.is_up(near.trunk))
        await until(lambda: not near.engine.is_up(near.trunk))

    told = [
        record.message.partition(":")[0] for record in caplog.records if record.levelno >= logging.WARNING
    ]
    turns = ["trunk main is down", "trunk main is up again"]  # more than once if a busy machine is late
    assert told == [turns[number % 2] for number in range(len(told))]
    assert len(told) >= 3


async def test_a_call_from_an_address_of_no_trunk_is_refused_and_told_once(caplog):
    trunk = Trunk("main", proxy="sip:192.0.2.1")
    address = free_address()
    async with SipEngine(address, MEDIA_PORTS, trunks=[trunk]) as engine:
        arriving = asyncio.ensure_future(anext(aiter(engine.incoming())))
        await asyncio.sleep(0)
        for _ in range(3):
            async with sipp("call_refused_with", address, status="403", media="audio 4000 RTP/AVP 8") as peer:
                await peer.plays_to_the_end()
        refused = engine.statistics()["strangers_refused"]
        assert not arriving.done()
        arriving.cancel()

    assert refused == 3
    assert len([record for record in caplog.records if "127.0.0.1" in record.message]) == 1


def an_invite(address: str, number: int) -> bytes:
    lines = [
        f"INVITE sip:+49301@{address} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.2:9;rport;branch=z9hG4bK{number}",
        "Max-Forwards: 70",
        "From: <sip:stranger@127.0.0.2>;tag=x",
        f"To: <sip:+49301@{address}>",
        f"Call-ID: flood-{number}",
        "CSeq: 1 INVITE",
        "Contact: <sip:stranger@127.0.0.2>",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def test_a_flood_of_calls_from_a_stranger_is_counted_and_told_once_and_a_call_of_a_trunk_gets_through(
    tmp_path, caplog
):
    async with a_station() as near, a_station(calls=near.address) as far:
        host, port = near.address.split(":")
        arriving = near.listens()
        await asyncio.sleep(0)
        with socket.socket(type=socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.2", 0))
            number = 0
            while near.engine.statistics()["strangers_refused"] < 500:  # the kernel may drop some
                number += 1
                stranger.sendto(an_invite(near.address, number), (host, int(port)))
                if number % 20 == 0:
                    await asyncio.sleep(0.001)
            sending = asyncio.ensure_future(far.sends(draw_fax(tmp_path / "fax.tif")))
            sent = await busy_when_it_rings(arriving, sending)
        refused = near.engine.statistics()["strangers_refused"]

    assert sent.disposition is Disposition.BUSY
    assert 500 <= refused <= number
    assert len([record for record in caplog.records if "127.0.0.2" in record.message]) == 1


async def test_a_fax_goes_on_while_a_stranger_floods_us_with_calls(tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=150)])
    async with a_station() as near, a_station(calls=near.address, t38=T38Policy.NEVER) as far:
        host, port = near.address.split(":")
        receiving = asyncio.ensure_future(near.receives(tmp_path / "in.tif"))
        await asyncio.sleep(0)
        sending = asyncio.ensure_future(far.sends(fax))
        with socket.socket(type=socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.2", 0))
            number = 0
            while not sending.done():
                number += 1
                stranger.sendto(an_invite(near.address, number), (host, int(port)))
                await asyncio.sleep(0.01)
        received = await receiving
        refused = near.engine.statistics()["strangers_refused"]

    assert (await sending).disposition is received.disposition is Disposition.DELIVERED
    assert pictures(tmp_path / "in.tif") == pictures(fax)
    assert refused > number / 2  # the kernel may drop some


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.0/8"])
async def test_a_call_from_a_source_of_a_trunk_is_taken(tmp_path, source):
    trunk = Trunk("main", proxy="sip:192.0.2.1", sources=(source,))
    address = free_address()
    async with SipEngine(address, MEDIA_PORTS, trunks=[trunk]) as engine, a_station(calls=address) as far:
        arriving = asyncio.ensure_future(anext(aiter(engine.incoming())))
        await asyncio.sleep(0)
        sending = asyncio.ensure_future(far.sends(draw_fax(tmp_path / "fax.tif")))
        sent = await busy_when_it_rings(arriving, sending)

    assert sent.disposition is Disposition.BUSY
