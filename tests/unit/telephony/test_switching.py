"""The way from G.711 to T.38 and back, in the middle of a call."""

import asyncio

import pytest

from telephony.call.state import CallState
from telephony.native.values import Kind
from telephony.sdp.description import parse
from telephony.trunk import T38Policy
from tests.fakes.fax_core import in_no_time
from tests.unit.telephony.conftest import AUDIO, IMAGE, NO_IMAGE, an_sdp


@pytest.mark.parametrize("policy", [T38Policy.PREFER, T38Policy.ACCEPT])
@in_no_time
async def test_t38_is_taken_when_the_peer_asks_for_it(line, policy):
    call = line.is_in_audio(policy)

    line.core.sip(Kind.REINVITE, sdp=IMAGE)

    assert call.state is CallState.IMAGE
    assert line.core.said[-2:] == [("use_t38", "192.0.2.9", 4002), ("respond", 200)]
    assert "m=image 16386 udptl t38" in line.core.descriptions[-1]


@in_no_time
async def test_t38_is_refused_where_it_is_never_wanted(line):
    call = line.is_in_audio(T38Policy.NEVER)

    line.core.sip(Kind.REINVITE, sdp=IMAGE)

    assert call.state is CallState.AUDIO
    assert line.core.said[-1] == ("respond", 488)


@pytest.mark.parametrize("status", [488, 415, 606, 500])
@in_no_time
async def test_a_refused_switch_leaves_the_audio_and_is_not_tried_again(line, status):
    call = line.is_in_audio()
    line.core.fax(Kind.TONE, status=2)
    await asyncio.sleep(0.1)

    line.core.sip(Kind.REFUSED, status=status)
    line.core.fax(Kind.TONE, status=3)
    await asyncio.sleep(10)

    assert call.state is CallState.AUDIO
    assert line.core.verbs().count("reinvite") == 1


@in_no_time
async def test_two_switches_that_meet_are_tried_again_after_a_while(line):
    call = line.is_in_audio()
    line.core.fax(Kind.TONE, status=2)
    await asyncio.sleep(0.1)

    line.core.sip(Kind.REFUSED, status=491)
    await asyncio.sleep(2.0)
    after_two_seconds = line.core.verbs().count("reinvite")
    await asyncio.sleep(2.1)

    assert after_two_seconds == 1  # RFC 3261 14.1: the caller waits 2.1 to 4 s
    assert line.core.verbs().count("reinvite") == 2
    assert call.state is CallState.SWITCHING


@in_no_time
async def test_switches_that_meet_for_ever_end_in_audio(line):
    call = line.is_in_audio()
    line.core.fax(Kind.TONE, status=2)
    for _ in range(5):
        await asyncio.sleep(4.1)
        line.core.sip(Kind.REFUSED, status=491)

    await asyncio.sleep(10)

    assert line.core.verbs().count("reinvite") == 3
    assert call.state is CallState.AUDIO


@in_no_time
async def test_an_answer_without_t38_is_followed_by_an_offer_of_audio(line):
    call = line.is_in_audio()
    line.core.fax(Kind.TONE, status=2)
    await asyncio.sleep(0.1)

    line.core.sip(Kind.ACCEPTED, status=200, sdp=NO_IMAGE)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=AUDIO)

    assert [said for said in line.core.said if said[0] == "reinvite"] == [
        ("reinvite", "image"),
        ("reinvite", "audio"),
    ]
    assert call.state is CallState.AUDIO


@in_no_time
async def test_t38_is_not_asked_for_once_the_machines_agreed_in_audio(line):
    call = line.is_in_audio()
    line.core.fax(Kind.NEGOTIATED, bit_rate=14400)

    line.core.fax(Kind.TONE, status=3)
    await asyncio.sleep(5)

    assert call.state is CallState.AUDIO
    assert "reinvite" not in line.core.verbs()


@in_no_time
async def test_a_switch_is_refused_when_a_page_is_through(line):
    call = line.is_in_audio()
    line.core.fax(Kind.PAGE, page=1)

    line.core.sip(Kind.REINVITE, sdp=IMAGE)

    assert line.core.said[-1] == ("respond", 488)
    assert call.state is CallState.AUDIO


@in_no_time
async def test_the_way_back_to_audio_is_open(line):
    call = line.is_in_audio()
    line.core.sip(Kind.REINVITE, sdp=IMAGE)

    line.core.sip(Kind.REINVITE, sdp=AUDIO)

    assert call.state is CallState.AUDIO
    assert line.core.said[-1] == ("respond", 200)
    assert line.told.kinds()[-2:] == ["MediumSwitched", "MediumSwitched"]


@in_no_time
async def test_the_way_back_is_refused_when_the_core_says_it_is_too_late(line):
    call = line.is_in_audio()
    line.core.sip(Kind.REINVITE, sdp=IMAGE)
    line.core.can_move = False

    line.core.sip(Kind.REINVITE, sdp=AUDIO)

    assert line.core.said[-1] == ("respond", 488)
    assert call.state is CallState.IMAGE


@in_no_time
async def test_a_refresh_without_an_offer_is_answered_with_what_holds(line):
    line.is_in_audio()
    line.core.sip(Kind.REINVITE, sdp=IMAGE)

    line.core.sip(Kind.REINVITE, sdp="")

    assert line.core.said[-1] == ("respond", 200)
    assert "m=image 16386" in line.core.descriptions[-1]


@in_no_time
async def test_there_are_never_fewer_sections_than_before(line):
    line.is_in_audio()
    line.core.sip(Kind.REINVITE, sdp=an_sdp("audio 0 RTP/AVP 8", "image 4002 udptl t38"))

    line.core.sip(Kind.REINVITE, sdp="")

    assert line.core.descriptions[-2].count("m=") == 2
    assert "m=audio 0 " in line.core.descriptions[-2]
    assert line.core.descriptions[-1].count("m=") == 2  # RFC 3264 8


@in_no_time
async def test_an_offer_that_cannot_be_read_is_refused_and_the_call_goes_on(line):
    call = line.is_in_audio()

    line.core.sip(Kind.REINVITE, sdp="v=0\r\nm=audio x RTP/AVP 8\r\n")

    assert line.core.said[-1] == ("respond", 488)
    assert call.state is CallState.AUDIO


@in_no_time
async def test_an_offer_that_cannot_be_understood_is_refused_and_what_holds_goes_on(line):
    call = line.is_in_audio()

    line.core.sip(Kind.REINVITE, sdp=IMAGE, status=415)

    assert (call.state, line.core.said[-1]) == (CallState.AUDIO, ("respond", 415))


@in_no_time
async def test_a_call_that_is_put_on_hold_is_answered_so_and_comes_back(line):
    line.is_in_audio()

    for direction in ("sendonly", "inactive", "sendrecv"):
        line.core.sip(Kind.REINVITE, sdp=an_sdp(f"audio 4000 RTP/AVP 8;{direction}"))

    said = [parse(sdp).media[0].attributes[-1][0] for sdp in line.core.descriptions[1:]]
    assert said == ["recvonly", "inactive", "sendrecv"]
