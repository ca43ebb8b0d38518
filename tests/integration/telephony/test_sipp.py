"""Odd dialogues with sipp, a foreign SIP agent. What it plays is in sipp/*.xml, a file a dialogue."""

import asyncio
import logging
import re
import socket
import time
from pathlib import Path

import pytest

from telephony import Disposition, Medium, T38Policy, Transmission
from telephony.trunk import Extension
from tests.fax_pages import draw_fax
from tests.fix_sip import Heard, a_station, free_address, sipp
from tests.integration.telephony.test_failing_calls import KEPT, footprint
from tests.integration.telephony.test_trunks import until

pytestmark = pytest.mark.slow
AUDIO = "audio 9 RTP/AVP 8"


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


async def test_a_line_that_rings_too_long_is_cancelled(tmp_path):
    async with (
        sipp("ring_until_cancelled") as peer,
        a_station(calls=peer.address, answer_timeout_s=2.0) as station,
    ):
        heard = Heard()
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"), heard=heard)
        await peer.plays_to_the_end()

    assert facts.disposition is Disposition.NO_ANSWER
    assert heard.kinds() == ["Dialled", "Ringing", "CallReleased"]


@pytest.mark.parametrize(
    ("setting", "extensions"),
    [(Extension.SUPPORT, "Supported: timer, 100rel"), (Extension.REQUIRE, "Require: timer, *100rel")],
)
async def test_ringing_that_must_be_acknowledged_is(tmp_path, setting, extensions):
    settings = {"reliable": setting, "session_timer": setting}
    async with sipp("ring_reliably", extensions=extensions) as peer:
        async with a_station(calls=peer.address, **settings) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert facts.disposition is Disposition.BUSY


async def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended(tmp_path):
    async with (
        sipp("answer_after_cancel") as peer,
        a_station(calls=peer.address, answer_timeout_s=1.0) as station,
    ):
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert facts.disposition is Disposition.NO_ANSWER
    assert facts.answered_at is None


@pytest.mark.parametrize("media", ["audio 9 RTP/AVP 18", "audio 0 RTP/AVP 8", "audio x RTP/AVP 8", "audio"])
async def test_an_answer_no_fax_can_use_ends_the_call(tmp_path, media):
    async with sipp("answer_with", media=media) as peer:
        async with a_station(calls=peer.address) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert facts.disposition is Disposition.INCOMPATIBLE
    assert facts.detail


async def test_a_far_end_that_is_silent_is_no_fax(tmp_path):
    async with sipp("answer_with", media=AUDIO) as peer:
        async with a_station(calls=peer.address, t38=T38Policy.NEVER, no_fax_timeout_s=4.0) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert facts.disposition is Disposition.NO_FAX_ANSWERED
    assert facts.duration.total_seconds() < 15


@pytest.mark.parametrize("nowhere", ["IP4 0.0.0.0", "IP6 ::"])
async def test_a_far_end_that_puts_the_call_on_hold_is_sent_nothing_and_let_go_in_time(tmp_path, nowhere):
    settings = {"t38": T38Policy.NEVER, "no_fax_timeout_s": 2.0}
    async with sipp("answer_with", media=f"audio 9 RTP/AVP 8\nc=IN {nowhere}") as peer:
        async with a_station(calls=peer.address, **settings) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
            sent = station.engine.statistics()["rtp_out"]
        await peer.plays_to_the_end()

    assert (facts.disposition, sent) == (Disposition.NO_FAX_ANSWERED, 0)


async def test_early_media_of_a_fork_is_passed_over_and_the_branch_that_answers_is_talked_to(tmp_path):
    settings = {"t38": T38Policy.NEVER, "no_fax_timeout_s": 2.0}
    async with sipp("answer_after_forked_early_media") as peer:
        async with a_station(calls=peer.address, **settings) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert facts.disposition is Disposition.NO_FAX_ANSWERED
    assert facts.answered_at is not None


async def test_a_peer_that_takes_t38_and_then_sends_nothing_is_let_go_in_time(tmp_path):
    async with sipp("answer_then_t38_and_silence") as peer:
        async with a_station(calls=peer.address, no_fax_timeout_s=3.0) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert (facts.disposition, facts.medium) == (Disposition.NO_FAX_ANSWERED, Medium.T38)
    assert facts.duration.total_seconds() < 15


async def test_a_bye_before_any_fax_is_no_fax_and_its_cause_is_kept(tmp_path):
    async with sipp("answer_then_bye") as peer, a_station(calls=peer.address) as station:
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert (facts.disposition, facts.q850_cause) == (Disposition.NO_FAX_ANSWERED, 16)


async def a_call_of(scenario: str, tmp_path: Path, **keys: str) -> Transmission:
    """What became of a call of sipp, which played it to the end."""
    async with a_station() as station:
        receiving = asyncio.ensure_future(station.receives(tmp_path / "in.tif"))
        await asyncio.sleep(0)
        async with sipp(scenario, station.address, **keys) as peer:
            await peer.plays_to_the_end()
        return await receiving


@pytest.mark.parametrize(
    "refusal", ["415 Unsupported Media Type", "488 Not Acceptable Here", "606 Not Acceptable"]
)
async def test_a_caller_that_refuses_t38_is_not_asked_again_and_left_in_audio(tmp_path, refusal):
    facts = await a_call_of("call_that_refuses_t38", tmp_path, refusal=refusal)

    assert facts.medium is Medium.AUDIO


@pytest.mark.parametrize(
    ("scenario", "medium"),
    [
        ("call_without_offer", Medium.AUDIO),
        ("call_with_audio_and_image", Medium.AUDIO),
        ("call_with_image_alone", Medium.T38),
        ("call_with_refreshes", Medium.AUDIO),
        ("call_that_answers_t38_with_port_0", Medium.AUDIO),
        ("call_with_glare", Medium.T38),
        ("call_that_requires_extensions", Medium.AUDIO),
    ],
)
async def test_an_odd_caller_is_answered_by_the_book(tmp_path, scenario, medium):
    facts = await a_call_of(scenario, tmp_path)

    assert facts.medium is medium
    assert facts.disposition in (Disposition.NO_FAX_ANSWERED, Disposition.LINE_FAILED)


@pytest.mark.parametrize(
    "media",
    ["audio 4000 RTP/AVP 18", "audio x RTP/AVP 8", "audio 99999 RTP/AVP 8", "audio", "video 9 RTP/AVP 99"],
)
async def test_an_offer_no_fax_can_use_is_refused_and_the_engine_goes_on(tmp_path, media):
    async with a_station() as station:
        receiving = asyncio.ensure_future(station.receives(tmp_path / "in.tif"))
        await asyncio.sleep(0)
        async with sipp("call_refused_with", station.address, status="488", media=media) as peer:
            await peer.plays_to_the_end()
        facts = await receiving
        async with sipp("options", station.address) as peer:
            await peer.plays_to_the_end()

    assert facts.disposition is Disposition.INCOMPATIBLE
    assert facts.detail


CONTACT = "Contact: <sip:[local_ip]:[local_port]>"


@pytest.mark.parametrize(
    ("headers", "status", "wanted"),
    [
        ("X-Nothing: 1", "400", "400 Bad Request"),
        ("Contact: *", "400", "400 Bad"),
        ("Contact: <tel:+49302>", "400", "400 Bad"),
        (f"{CONTACT}\nContent-Encoding: gzip", "415", "Accept-Encoding: identity"),
        (f"{CONTACT}\ne: identity, deflate", "415", "Accept-Encoding: identity"),
        (f"{CONTACT}\nRequire: 100rel, x-odd", "420", "Unsupported: x-odd"),
    ],
)
async def test_a_call_that_cannot_be_understood_does_not_ring(headers, status, wanted):
    async with a_station() as station:
        arriving = station.listens()
        await asyncio.sleep(0)
        keys = {"headers": headers, "status": status, "wanted": wanted}
        async with sipp("call_with_headers", station.address, **keys) as peer:
            await peer.plays_to_the_end()
        assert not arriving.done()
        arriving.cancel()


@pytest.mark.parametrize(
    ("to", "caller"),
    [
        ("tel:+49-30-1;phone-context=example.com", "tel:+49-(89)-222;isub=1"),
        ("sip:+49301;npdi;rn=+4922@127.0.0.1;user=phone", "sip:+4989222;verstat=No-TN@example.com"),
        ("sip:%2B49.30.1@127.0.0.1", "sip:+4989222@example.com;user=phone"),
    ],
)
async def test_numbers_are_read_as_carriers_write_them(to, caller):
    async with a_station() as station:
        arriving = station.listens()
        await asyncio.sleep(0)
        async with sipp("call_of_a_telephone_number", station.address, **{"to": to, "from": caller}) as peer:
            call = await arriving
            await call.reject(404)
            await peer.plays_to_the_end()

    assert (call.called, call.caller) == ("+49301", "+4989222")


async def test_a_caller_who_gives_up_while_it_rings_is_let_go(tmp_path):
    async with a_station() as station:
        arriving = station.listens()
        await asyncio.sleep(0)
        async with sipp("call_that_gives_up", station.address) as peer:
            await peer.plays_to_the_end()
        call = await arriving
        facts = await call.receive(tmp_path / "in.tif", local_id="", on_event=Heard())

    assert "gave up" in facts.detail


def _request(method: str, address: str, number: int, *, tag: str = "") -> bytes:
    lines = [
        f"{method} sip:+49301@{address} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK{number}",
        "Max-Forwards: 70",
        "From: <sip:stranger@192.0.2.1>;tag=x",
        f"To: <sip:+49301@{address}>{tag}",
        f"Call-ID: stranger-{number}",
        f"CSeq: 1 {method}",
        "Contact: <sip:stranger@192.0.2.1>",
        "Event: presence",
        "Refer-To: <sip:toll@192.0.2.1>",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _answers(address: str, request: bytes) -> int:
    """The status of the final answer."""
    host, port = address.split(":")
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        stranger.connect((host, int(port)))
        await loop.sock_sendall(stranger, request)
        while True:
            answer = await asyncio.wait_for(loop.sock_recv(stranger, 4000), 5)
            if (status := int(answer.split()[1])) >= 200:
                return status


METHODS = [
    "INFO",
    "MESSAGE",
    "SUBSCRIBE",
    "REFER",
    "NOTIFY",
    "PUBLISH",
    "REGISTER",
    "UPDATE",
    "PRACK",
    "BYE",
    "X",
]


@pytest.mark.parametrize("method", METHODS)
async def test_a_request_that_is_no_business_of_a_fax_is_refused(method):
    async with a_station() as station:
        status = await _answers(station.address, _request(method, station.address, 1))
        in_a_dialog = await _answers(station.address, _request(method, station.address, 2, tag=";tag=none"))

    assert status in (404, 405, 481, 489, 501)
    assert in_a_dialog in (405, 481, 501)


async def test_a_flood_of_requests_from_a_stranger_leaves_nothing_behind():
    async with a_station() as station:
        host, port = station.address.split(":")
        with socket.socket(type=socket.SOCK_DGRAM) as stranger:
            stranger.connect((host, int(port)))

            async def flood(first: int, count: int) -> None:
                for number in range(first, first + count):
                    method = "OPTIONS" if number % 2 else METHODS[number % 11]
                    stranger.send(_request(method, station.address, number))
                    stranger.send(b"\0" * 10 + b"rubbish %d\r\n\r\n" % number)
                    if number % 50 == 0:
                        await asyncio.sleep(0.01)
                await asyncio.sleep(KEPT)

            await flood(0, 2400)
            files, memory = footprint()
            await flood(2400, 2400)
            files_after, memory_after = footprint()

            status = await _answers(station.address, _request("OPTIONS", station.address, 9999))

        assert status == 200
        assert files_after <= files
        assert memory_after - memory < 1000  # KiB; a handle costs 1.6 KiB, and there were 1200 OPTIONS


async def test_an_engine_with_rubbish_on_its_port_still_takes_calls(tmp_path):
    async with a_station() as called, a_station(calls=called.address) as caller:
        host, port = called.address.split(":")
        with socket.socket(type=socket.SOCK_DGRAM) as stranger:
            for size in range(0, 1400, 7):
                stranger.sendto(bytes(range(256)) * 6, (host, int(port)))
                stranger.sendto(_request("INVITE", called.address, size)[:size], (host, int(port)))
        began = time.monotonic()

        facts = await caller.sends(draw_fax(tmp_path / "fax.tif"))

    assert facts.disposition is Disposition.NO_ANSWER  # 480: nobody takes calls there
    assert time.monotonic() - began < 5


def test_two_addresses_for_tests_are_never_the_same():
    assert free_address() != free_address()
