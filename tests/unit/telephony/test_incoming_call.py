import asyncio
from pathlib import Path

import pytest

from telephony.call.state import CallState
from telephony.causes import T30Result
from telephony.disposition import Disposition
from telephony.native.values import Kind
from telephony.trunk import T38Policy
from tests.fakes.fax_core import in_no_time
from tests.unit.telephony.conftest import AUDIO, BOTH, IMAGE, an_sdp, is_taken


@in_no_time
async def test_a_fax_comes_in_and_the_caller_says_bye(line):
    call = line.rings(from_user="+49302")
    receiving = await is_taken(line, call)
    line.core.sip(Kind.ACKED)
    line.core.fax(Kind.NEGOTIATED, bit_rate=14400, remote_id="THEM")
    line.core.fax(Kind.PAGE, page=1)
    line.ends_with(T30Result.OK, pages=1)
    line.core.sip(Kind.BYE)
    line.is_terminated()

    facts = await receiving

    assert (call.called, call.caller, call.call_id) == ("+49301", "+49302", "abc")
    assert (facts.disposition, facts.pages_confirmed, facts.remote_id) == (Disposition.DELIVERED, 1, "THEM")
    assert line.core.holds_nothing


@in_no_time
async def test_a_page_on_its_way_to_the_disk_is_waited_for(line):
    receiving = await is_taken(line, line.rings())
    line.ends_with(T30Result.OK, pages=1)
    line.core.sip(Kind.BYE)
    line.is_terminated()
    await asyncio.sleep(1)
    waited = not receiving.done()

    line.core.fax(Kind.PAGE, page=1)

    assert waited
    assert (await receiving).pages_confirmed == 1


@in_no_time
async def test_a_page_that_never_reaches_the_disk_is_not_waited_for_for_ever(line):
    receiving = await is_taken(line, line.rings())
    line.ends_with(T30Result.FILE_ERROR, pages=1)
    line.core.sip(Kind.BYE)
    line.is_terminated()

    facts = await receiving

    assert (facts.disposition, facts.pages) == (Disposition.BAD_DOCUMENT, ())


@in_no_time
async def test_a_caller_who_does_not_say_bye_hears_ours(line):
    receiving = await is_taken(line, line.rings())
    line.ends_with(T30Result.OK)

    await asyncio.sleep(2)
    line.is_terminated()

    await receiving
    assert line.core.verbs()[-1] == "hang_up"


@in_no_time
async def test_t38_is_asked_for_when_the_caller_is_heard(line):
    call = line.rings()
    await is_taken(line, call)
    line.core.sip(Kind.ACKED)

    line.core.fax(Kind.TONE, status=1)
    await asyncio.sleep(0.1)

    assert call.state is CallState.SWITCHING
    assert line.core.said[-1] == ("reinvite", "image")


@in_no_time
async def test_a_caller_who_is_silent_is_asked_for_t38_unheard_and_once(line):
    call = line.rings()
    await is_taken(line, call)
    line.core.sip(Kind.ACKED)
    await asyncio.sleep(3.1)
    line.core.sip(Kind.REFUSED, status=488)
    line.core.sip(Kind.REINVITE, sdp=AUDIO)
    line.core.sip(Kind.ACKED)

    await asyncio.sleep(10)

    assert line.core.verbs().count("reinvite") == 1
    assert call.state is CallState.AUDIO


@pytest.mark.parametrize("policy", [T38Policy.ACCEPT, T38Policy.NEVER])
@in_no_time
async def test_who_does_not_prefer_t38_does_not_ask_for_it(line, policy):
    await is_taken(line, line.rings(policy))
    line.core.sip(Kind.ACKED)

    await asyncio.sleep(10)

    assert "reinvite" not in line.core.verbs()


@in_no_time
async def test_audio_and_image_offered_together_are_answered_with_audio(line):
    call = line.rings(sdp=BOTH)
    await is_taken(line, call)

    assert call.state is CallState.AUDIO
    assert "m=audio 16384 RTP/AVP 0\r\n" in line.core.descriptions[-1]
    assert "m=image 0 udptl t38\r\n" in line.core.descriptions[-1]


@in_no_time
async def test_an_image_alone_is_answered_with_t38(line):
    call = line.rings(sdp=IMAGE)
    await is_taken(line, call)

    assert call.state is CallState.IMAGE
    assert line.core.said[-1] == ("respond", 200)


@pytest.mark.parametrize(
    ("policy", "sdp"),
    [
        (T38Policy.NEVER, IMAGE),
        (T38Policy.PREFER, "rubbish"),
        (T38Policy.PREFER, an_sdp("audio 4000 RTP/AVP 18")),
        (T38Policy.PREFER, an_sdp("video 4000 RTP/AVP 99")),
        (T38Policy.PREFER, an_sdp()),
    ],
)
@in_no_time
async def test_an_offer_with_nothing_for_us_is_refused_with_488(line, policy, sdp):
    receiving = await is_taken(line, line.rings(policy, sdp=sdp))
    line.is_terminated()

    facts = await receiving

    assert facts.disposition is Disposition.INCOMPATIBLE
    assert facts.detail
    assert line.core.said[-1] == ("respond", 488)
    assert line.core.holds_nothing


@in_no_time
async def test_a_caller_who_leaves_the_offer_to_us_answers_with_his_ack(line):
    call = line.rings(sdp="")
    await is_taken(line, call)
    offered = line.core.descriptions[-1]

    line.core.sip(Kind.ACKED, sdp=AUDIO)

    assert "m=audio 16384 RTP/AVP 8 0" in offered
    assert call.state is CallState.AUDIO
    assert line.told.kinds() == ["CallAnswered"]


@pytest.mark.parametrize("sdp", ["", "rubbish", an_sdp("audio 0 RTP/AVP 8")])
@in_no_time
async def test_a_late_answer_that_is_none_ends_the_call(line, sdp):
    receiving = await is_taken(line, line.rings(sdp=""))

    line.core.sip(Kind.ACKED, sdp=sdp)
    line.is_terminated()

    assert (await receiving).disposition is Disposition.INCOMPATIBLE
    assert line.core.verbs()[-1] == "hang_up"


@in_no_time
async def test_a_late_answer_that_never_comes_ends_the_call(line):
    receiving = await is_taken(line, line.rings(sdp=""))

    facts = await receiving

    assert facts.disposition is Disposition.LINE_FAILED
    assert line.core.holds_nothing


@in_no_time
async def test_a_call_can_be_refused(line):
    call = line.rings()
    refusing = asyncio.ensure_future(call.reject(486))
    await asyncio.sleep(0)
    line.is_terminated()

    await refusing

    assert line.core.said == [("respond", 486)]
    assert line.core.holds_nothing


@in_no_time
async def test_a_call_that_nobody_takes_is_refused_in_time(line):
    call = line.rings()

    await call.finished

    assert line.core.said == [("respond", 480)]
    assert line.core.holds_nothing


@in_no_time
async def test_a_caller_who_gives_up_frees_the_call(line):
    call = line.rings()
    line.core.sip(Kind.CANCELLED)
    line.is_terminated()

    facts = await call.receive(Path("in.tif"), local_id="", on_event=line.told)

    assert "gave up" in facts.detail
    assert line.core.said == []
    assert line.core.holds_nothing


@in_no_time
async def test_a_caller_who_gives_up_before_our_answer_reaches_him_gave_up(line):
    call = line.rings()
    receiving = await is_taken(line, call)
    line.core.sip(Kind.CANCELLED)
    line.ends_with(T30Result.CALL_DROPPED)
    line.is_terminated()

    assert "gave up" in (await receiving).detail


@in_no_time
async def test_without_a_free_port_the_caller_hears_503(line):
    line.core.has_free_ports = False
    receiving = await is_taken(line, line.rings())
    line.is_terminated()

    facts = await receiving

    assert (facts.disposition, facts.sip_status) == (Disposition.CONGESTED, 503)
    assert line.core.said == [("respond", 503)]


@in_no_time
async def test_cancelling_hangs_up(line):
    receiving = await is_taken(line, line.rings())
    receiving.cancel()
    await asyncio.sleep(0)
    line.is_terminated()
    line.ends_with(T30Result.CALL_DROPPED)

    with pytest.raises(asyncio.CancelledError):
        await receiving

    assert line.core.verbs()[-2:] == ["hang_up", "end_fax"]
    assert line.core.holds_nothing


@in_no_time
async def test_a_caller_who_withholds_his_number_has_none(line):
    assert line.rings(from_user="Anonymous").caller == ""
