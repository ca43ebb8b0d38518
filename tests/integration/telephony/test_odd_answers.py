"""Far ends that ring and answer in odd ways, with sipp. What it plays is in sipp/*.xml, a file a dialogue."""

import pytest

from telephony import Disposition, Medium, T38Policy
from telephony.trunk import Extension
from tests.fax_pages import draw_fax
from tests.fix_sip import Heard, a_station, sipp

pytestmark = pytest.mark.slow
AUDIO = "audio 9 RTP/AVP 8"


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
    assert facts.duration.total_seconds() < 30


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
    assert facts.duration.total_seconds() < 30


async def test_a_bye_before_any_fax_is_no_fax_and_its_cause_is_kept(tmp_path):
    async with sipp("answer_then_bye") as peer, a_station(calls=peer.address) as station:
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert (facts.disposition, facts.q850_cause) == (Disposition.NO_FAX_ANSWERED, 16)


async def test_of_two_branches_of_a_fork_that_answer_the_second_is_let_go_at_once(tmp_path):
    settings = {"t38": T38Policy.NEVER, "no_fax_timeout_s": 4.0}
    async with sipp("answer_twice") as peer:
        async with a_station(calls=peer.address, **settings) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert facts.disposition is Disposition.NO_FAX_ANSWERED


async def test_a_trunk_that_wants_longer_sessions_gets_them(tmp_path):
    async with sipp("ask_for_a_longer_session") as peer:
        async with a_station(calls=peer.address, session_timer=Extension.REQUIRE) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert facts.disposition is Disposition.BUSY
