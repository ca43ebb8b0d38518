"""Audio that comes before the answer, on a fake core."""

import asyncio

import pytest

from telephony.causes import T30Result
from telephony.disposition import Disposition
from telephony.native.values import Kind
from telephony.trunk import EarlyMedia
from tests.fakes.fax_core import in_no_time
from tests.unit.telephony.conftest import AUDIO, BOTH, IMAGE, an_sdp

ELSEWHERE = an_sdp("audio 5000 RTP/AVP 8")
ACCEPT = {"early_media": EarlyMedia.ACCEPT}


def a_page(line, number: int = 1) -> None:
    line.core.fax(Kind.NEGOTIATED, bit_rate=14400)
    line.core.fax(Kind.PAGE, page=number, width=1728, rows=1100, bit_rate=14400, y_dpi=98)


def rings_with(line, sdp: str, tag: str = "one") -> None:
    line.core.sip(Kind.PROVISIONAL, status=183, sdp=sdp, to_tag=tag)


def answers_with(line, sdp: str, tag: str = "one") -> None:
    line.core.sip(Kind.ACCEPTED, status=200, sdp=sdp, to_tag=tag)


@in_no_time
async def test_early_media_is_passed_over_unless_the_trunk_wants_it(line):
    line.dials()

    rings_with(line, AUDIO)

    assert line.core.verbs() == ["start_fax", "invite"]


@in_no_time
async def test_a_fax_that_began_before_the_answer_goes_on_behind_it(line):
    call = line.dials(**ACCEPT)
    rings_with(line, AUDIO)
    a_page(line)
    assert line.told.kinds() == ["Dialled", "Ringing"]

    answers_with(line, AUDIO)
    a_page(line, 2)
    line.ends_with(T30Result.OK, pages=2)
    line.is_terminated()

    facts = await call.finished
    assert facts.disposition is Disposition.DELIVERED
    assert line.core.verbs() == ["start_fax", "invite", "use_audio", "use_audio", "hang_up"]
    assert line.told.kinds()[2:] == ["CallAnswered", *["SessionNegotiated", "PageConfirmed"] * 2]


@in_no_time
async def test_a_fax_that_nobody_answered_did_not_arrive(line):
    call = line.dials(pages=1, **ACCEPT)
    rings_with(line, AUDIO)
    a_page(line)
    line.ends_with(T30Result.OK, pages=1)

    line.core.sip(Kind.REFUSED, status=486, text="Busy Here")
    line.is_terminated()

    facts = await call.finished
    assert (facts.disposition, facts.pages, facts.answered_at) == (Disposition.BUSY, (), None)
    assert line.core.holds_nothing


@in_no_time
async def test_no_t38_begins_before_the_answer(line):
    line.dials(**ACCEPT)

    rings_with(line, IMAGE)
    rings_with(line, BOTH)
    line.core.fax(Kind.TONE, status=2)
    answers_with(line, IMAGE)

    assert line.core.said[2:] == [
        ("use_audio", "192.0.2.9", 4000, 0),
        ("start_fax", "calling", "fax.tif"),
        ("use_t38", "192.0.2.9", 4002),
    ]


@in_no_time
async def test_tones_that_were_heard_before_the_answer_lead_to_t38_behind_it(line):
    line.dials(**ACCEPT)
    rings_with(line, AUDIO)
    line.core.fax(Kind.TONE, status=2)

    answers_with(line, AUDIO)
    await asyncio.sleep(0.1)

    assert line.core.verbs()[-1] == "reinvite"


@pytest.mark.parametrize(("answer", "tag"), [(ELSEWHERE, "one"), (ELSEWHERE, "two")])
@in_no_time
async def test_whoever_else_answers_gets_the_whole_fax(line, answer, tag):
    call = line.dials(**ACCEPT)
    rings_with(line, AUDIO)
    a_page(line)

    answers_with(line, answer, tag)

    assert line.core.verbs()[-3:] == ["use_audio", "start_fax", "use_audio"]
    assert line.core.said[-1] == ("use_audio", "192.0.2.9", 5000, 8)
    assert "PageConfirmed" not in line.told.kinds()
    assert not call.finished.done()


@in_no_time
async def test_of_several_branches_the_last_one_is_talked_to_and_the_first_may_answer(line):
    line.dials(**ACCEPT)
    rings_with(line, AUDIO, "one")
    rings_with(line, ELSEWHERE, "two")
    rings_with(line, ELSEWHERE, "two")

    answers_with(line, AUDIO, "one")

    ports = [said[2] if said[0] == "use_audio" else said[0] for said in line.core.said[2:]]
    assert ports == [4000, "start_fax", 5000, 5000, "start_fax", 4000]


@in_no_time
async def test_a_fax_session_that_ended_while_it_rang_begins_again_with_the_answer(line):
    line.dials(**ACCEPT)
    rings_with(line, AUDIO)
    line.ends_with(T30Result.T0_EXPIRED)

    answers_with(line, AUDIO)

    assert line.core.verbs()[-2:] == ["start_fax", "use_audio"]


@pytest.mark.parametrize("settings", [{}, ACCEPT])
@in_no_time
async def test_an_answer_that_said_its_sdp_before_need_not_say_it_again(line, settings):
    line.dials(**settings)
    rings_with(line, AUDIO, "one")
    rings_with(line, ELSEWHERE, "two")

    answers_with(line, "", "one")

    assert line.told.kinds()[-1] == "CallAnswered"
    assert line.core.said[-1] == ("use_audio", "192.0.2.9", 4000, 8)


@in_no_time
async def test_an_answer_that_never_said_its_sdp_is_none_for_a_fax(line):
    call = line.dials(**ACCEPT)
    rings_with(line, AUDIO, "one")
    answers_with(line, "", "two")
    line.is_terminated()
    line.ends_with(T30Result.CALL_DROPPED)

    assert (await call.finished).disposition is Disposition.INCOMPATIBLE


@in_no_time
async def test_digits_that_are_dialled_behind_the_answer_wait_for_it(line):
    line.dials(tones="123#", **ACCEPT)

    rings_with(line, AUDIO)

    assert "use_audio" not in line.core.verbs()
