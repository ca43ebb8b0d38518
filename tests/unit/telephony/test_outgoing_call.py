import asyncio

import pytest

from telephony.call.state import CallState
from telephony.causes import T30Result
from telephony.disposition import Disposition
from telephony.native.values import Kind
from telephony.transmission import Compression, Medium
from telephony.uri import BadUri
from tests.fakes.fax_core import in_no_time
from tests.unit.telephony.conftest import AUDIO, IMAGE, an_sdp


@in_no_time
async def test_a_fax_by_t38_from_dialling_to_bye(line):
    call = line.dials()
    line.core.sip(Kind.PROVISIONAL, status=180)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=AUDIO)
    line.core.fax(Kind.TONE, status=2)
    await asyncio.sleep(0.1)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=IMAGE)
    line.core.fax(Kind.NEGOTIATED, bit_rate=14400, ecm=1, encoding=3, remote_id="THEM ")
    for page in (1, 2):
        line.core.fax(
            Kind.PAGE, page=page, width=1728, rows=1100, bit_rate=14400, ecm=1, encoding=3, y_dpi=98
        )
    line.ends_with(T30Result.OK, pages=2)
    line.is_terminated()

    facts = await call.finished

    assert facts.disposition is Disposition.DELIVERED
    assert [page.number for page in facts.pages] == [1, 2]
    assert (facts.medium, facts.compression, facts.ecm) == (Medium.T38, Compression.MMR, True)
    assert (facts.remote_id, facts.local_id, facts.sip_status) == ("THEM", "US", 200)
    assert line.told.kinds() == [
        "Dialled",
        "Ringing",
        "CallAnswered",
        "MediumSwitched",
        "SessionNegotiated",
        *["PageConfirmed"] * 2,
    ]
    assert line.core.verbs() == ["start_fax", "invite", "use_audio", "reinvite", "use_t38", "hang_up"]
    assert line.core.holds_nothing


@pytest.mark.parametrize(
    ("status", "cause", "disposition"),
    [(486, 0, Disposition.BUSY), (404, 0, Disposition.INVALID_NUMBER), (503, 17, Disposition.BUSY)],
)
@in_no_time
async def test_a_refusal_is_the_end_with_its_reason(line, status, cause, disposition):
    call = line.dials()
    line.core.sip(Kind.REFUSED, status=status, cause=cause, text="No")
    line.is_terminated()

    facts = await call.finished

    assert (facts.disposition, facts.sip_status, facts.detail) == (disposition, status, f"{status} No")
    assert facts.answered_at is None
    assert line.core.holds_nothing


@in_no_time
async def test_nobody_answers_and_the_call_is_cancelled_in_time(line):
    call = line.dials(answer_timeout_s=30)
    line.core.sip(Kind.PROVISIONAL, status=180)

    await asyncio.sleep(30.1)
    line.core.sip(Kind.REFUSED, status=487)
    line.is_terminated()

    facts = await call.finished
    assert facts.disposition is Disposition.NO_ANSWER
    assert line.core.verbs()[-1] == "hang_up"


@in_no_time
async def test_a_trunk_that_never_rings_is_unavailable(line):
    call = line.dials(answer_timeout_s=30)

    facts = await call.finished

    assert facts.disposition is Disposition.TRUNK_UNAVAILABLE
    assert facts.detail == "the trunk said nothing for 8 seconds"
    assert line.core.holds_nothing


@in_no_time
async def test_an_answer_that_crosses_our_cancel_is_ended_with_bye(line):
    call = line.dials()
    call.hang_up(Disposition.CANCELLED)

    line.core.sip(Kind.ACCEPTED, status=200, sdp=AUDIO)
    line.is_terminated()

    assert line.core.verbs().count("hang_up") == 2
    assert (await call.finished).disposition is Disposition.CANCELLED


@in_no_time
async def test_a_far_end_that_does_not_confirm_our_bye_is_let_go(line):
    call = line.is_in_audio()
    call.hang_up(Disposition.CANCELLED)

    facts = await call.finished

    assert facts.disposition is Disposition.CANCELLED
    assert line.core.holds_nothing


@pytest.mark.parametrize("sdp", ["", "rubbish", an_sdp("audio 4000 RTP/AVP 18"), an_sdp("audio 0 RTP/AVP 8")])
@in_no_time
async def test_an_answer_that_names_no_medium_for_a_fax_ends_the_call(line, sdp):
    call = line.dials()
    line.core.sip(Kind.ACCEPTED, status=200, sdp=sdp)
    line.is_terminated()

    facts = await call.finished

    assert facts.disposition is Disposition.INCOMPATIBLE
    assert facts.detail
    assert line.core.verbs()[-1] == "hang_up"


@in_no_time
async def test_a_bye_in_the_middle_of_a_page_interrupts(line):
    call = line.is_in_audio()
    line.core.fax(Kind.NEGOTIATED, bit_rate=14400)
    line.core.fax(Kind.PAGE, page=1)

    line.core.sip(Kind.BYE, cause=16)
    line.is_terminated()
    line.ends_with(T30Result.CALL_DROPPED, pages=1)

    facts = await call.finished
    assert (facts.disposition, facts.pages_confirmed, facts.q850_cause) == (Disposition.INTERRUPTED, 1, 16)
    assert "end_fax" in line.core.verbs()


@in_no_time
async def test_a_bye_before_any_fax_was_heard_means_no_fax(line):
    call = line.is_in_audio()
    line.core.sip(Kind.BYE)
    line.is_terminated()
    line.ends_with(T30Result.CALL_DROPPED)

    assert (await call.finished).disposition is Disposition.NO_FAX_ANSWERED


@in_no_time
async def test_a_voice_that_answers_is_hung_up_in_bounded_time(line):
    call = line.is_in_audio()

    await asyncio.sleep(75.1)
    line.is_terminated()
    line.ends_with(T30Result.CALL_DROPPED)

    facts = await call.finished
    assert facts.disposition is Disposition.NO_FAX_ANSWERED
    assert facts.detail == "no fax machine was heard"


@in_no_time
async def test_a_call_that_never_ends_is_ended(line):
    call = line.is_in_audio(pages=1)
    line.core.fax(Kind.NEGOTIATED, bit_rate=2400)

    await asyncio.sleep(180 + 600 + 1)
    line.is_terminated()
    line.ends_with(T30Result.CALL_DROPPED)

    assert (await call.finished).disposition is Disposition.LINE_FAILED


@in_no_time
async def test_without_a_free_port_no_invite_leaves(line):
    line.core.has_free_ports = False

    call = line.dials()

    facts = await call.finished
    assert facts.disposition is Disposition.CONGESTED
    assert line.core.said == []


@in_no_time
async def test_an_event_after_the_end_changes_nothing(line):
    call = line.dials()
    line.core.sip(Kind.REFUSED, status=486)
    line.is_terminated()
    before = await call.finished

    line.core.sip(Kind.ACCEPTED, status=200, sdp=AUDIO)
    line.core.fax(Kind.PAGE, page=1)

    assert call.state is CallState.RELEASED
    assert before.pages == ()


@in_no_time
async def test_a_call_that_cannot_be_dialled_leaves_nothing_behind(line, monkeypatch):
    def fails(*_: object, **__: object) -> int:
        raise BadUri

    monkeypatch.setattr(line.core, "invite", fails)

    with pytest.raises(BadUri):
        line.dials()

    assert line.core.holds_nothing


@in_no_time
async def test_cancelling_waits_until_the_call_is_over(line):
    call = line.is_in_audio()
    waiting = asyncio.ensure_future(call.ended_or_cancelled())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0.1)
    still_releasing = not waiting.done()
    line.is_terminated()
    line.ends_with(T30Result.CALL_DROPPED)

    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert still_releasing
    assert (await call.finished).disposition is Disposition.CANCELLED
