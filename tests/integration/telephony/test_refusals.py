"""Calls that a trunk refuses or sends on, with sipp. What it plays is in sipp/*.xml, a file a dialogue."""

import asyncio
import logging
import re

import pytest

from telephony import Disposition
from tests.fax_pages import draw_fax
from tests.fix_sip import a_station, sipp
from tests.integration.telephony.test_trunks import until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("status", "reason", "disposition", "cause"),
    [
        ("486 Busy Here", "SIP;cause=486", Disposition.BUSY, None),
        ("404 Not Found", 'Q.850;cause=1;text="Unallocated"', Disposition.INVALID_NUMBER, 1),
        ("603 Decline", "Q.850;cause=21", Disposition.REJECTED, 21),
        ("503 Service Unavailable", "Q.850;cause=34", Disposition.CONGESTED, 34),
        ("503 Service Unavailable", "Q.850;cause=17", Disposition.BUSY, 17),
        ("480 Temporarily Unavailable", "Q.850;cause=19", Disposition.NO_ANSWER, 19),
        ("415 Unsupported Media Type", "SIP;cause=415", Disposition.INCOMPATIBLE, None),
        ("500 Server Internal Error", "Q.850;cause=41", Disposition.TRUNK_UNAVAILABLE, 41),
        ("600 Busy Everywhere", "SIP;cause=600", Disposition.BUSY, None),
        ("606 Not Acceptable", "SIP;cause=606", Disposition.INCOMPATIBLE, None),
        ("302 Moved Temporarily", "Q.850;cause=rubbish", Disposition.TRUNK_UNAVAILABLE, None),
    ],
)
async def test_a_refusal_is_understood_with_its_q850_cause(tmp_path, status, reason, disposition, cause):
    async with sipp("refuse", status=status, reason=reason) as peer:
        async with a_station(calls=peer.address) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert (facts.disposition, facts.q850_cause) == (disposition, cause)
    assert facts.sip_status == int(status[:3])


@pytest.mark.parametrize("sources", [(), ("127.0.0.2",)])
async def test_a_trunk_sends_a_call_on_to_hosts_of_its_own_only(tmp_path, sources):
    async with sipp("refuse", host="127.0.0.2", status="486 Busy Here", reason="SIP;cause=486") as elsewhere:
        contact = f"sip:+49301@{elsewhere.address}"
        async with sipp("redirect", status="302 Moved Temporarily", contact=contact) as peer:
            async with a_station(calls=peer.address, sources=sources) as station:
                facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
            await peer.plays_to_the_end()
        if sources:
            await elsewhere.plays_to_the_end()
        heard = elsewhere.messages()

    assert facts.disposition is (Disposition.BUSY if sources else Disposition.TRUNK_UNAVAILABLE)
    assert bool(heard) is bool(sources)


async def test_a_proxy_that_a_trunk_wants_to_be_used_gets_no_call(tmp_path):
    async with sipp("ring_until_cancelled", host="127.0.0.2") as elsewhere:
        contact = f"sip:{elsewhere.address};lr"
        async with sipp("redirect", status="305 Use Proxy", contact=contact) as peer:
            async with a_station(calls=peer.address) as station:
                facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
                await elsewhere.plays_to_the_end()
            await peer.plays_to_the_end()

    assert (facts.disposition, facts.sip_status) == (Disposition.TRUNK_UNAVAILABLE, 305)


async def test_when_a_call_is_made_again_is_not_for_the_trunk_to_say(tmp_path):
    async with sipp("redirect", status="503 Service Unavailable", contact="sip:127.0.0.2") as peer:
        async with a_station(calls=peer.address) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
            await asyncio.sleep(2)  # its Retry-After is 1
        await peer.plays_to_the_end()
        heard = peer.messages()

    assert facts.disposition is Disposition.CONGESTED
    assert len(set(re.findall("CSeq: .* INVITE", heard))) == 1


async def test_a_trunk_that_asks_for_a_rest_is_down_for_so_long_and_takes_calls_again(tmp_path, caplog):
    caplog.set_level(logging.WARNING, "faxgw.telephony")
    resting = {"status": "503 Service Unavailable", "reason": "SIP;cause=503\nRetry-After: 1"}
    async with sipp("refuse", times=2, **resting) as peer:
        async with a_station(calls=peer.address) as station:
            for _ in range(2):
                facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
                await until(lambda: station.engine.is_up(station.trunk))
        await peer.plays_to_the_end()

    told = [record.message for record in caplog.records if record.message.startswith("trunk")]
    assert facts.disposition is Disposition.CONGESTED
    assert told == 2 * [
        "trunk main is down: it asks for no call in the next 1 s",
        "trunk main is up again: it has rested for 1 s",
    ]
