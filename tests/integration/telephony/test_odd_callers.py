"""Odd calls that come in, with sipp. What it plays is in sipp/*.xml, a file a dialogue."""

import asyncio
from pathlib import Path

import pytest

from telephony import Disposition, Medium, T38Policy, Transmission
from tests.fix_sip import Heard, a_station, free_address, sipp

pytestmark = pytest.mark.slow


async def a_call_of(
    scenario: str, tmp_path: Path, t38: T38Policy = T38Policy.PREFER, **keys: str
) -> Transmission:
    """What became of a call of sipp, which played it to the end."""
    async with a_station(t38=t38) as station:
        receiving = asyncio.ensure_future(station.receives(tmp_path / "in.tif"))
        await asyncio.sleep(0)
        async with sipp(scenario, station.address, **keys) as peer:
            await peer.plays_to_the_end()
        return await receiving


@pytest.mark.parametrize(
    "refusal",
    [
        "404 Not Found",
        "415 Unsupported Media Type",
        "488 Not Acceptable Here",
        "500 Server Internal Error",
        "503 Service Unavailable",
        "606 Not Acceptable",
    ],
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


async def test_questions_in_a_call_do_not_end_it(tmp_path):
    facts = await a_call_of("call_with_questions", tmp_path, T38Policy.ACCEPT)

    assert (facts.medium, facts.disposition) == (Medium.AUDIO, Disposition.NO_FAX_ANSWERED)


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


def test_two_addresses_for_tests_are_never_the_same():
    assert free_address() != free_address()
