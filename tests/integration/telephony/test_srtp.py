"""Encrypted audio (RFC 3711), keys in the SDP (RFC 4568): a foreign telephone, and wrong keys."""

import asyncio
import secrets

import pytest

from telephony import Disposition, T38Policy
from telephony.native.bridge import NativeCore
from telephony.native.values import SrtpKeys
from telephony.sdp.crypto import KEY_BYTES
from telephony.trunk import Srtp
from tests.fax_pages import draw_fax
from tests.fix_sip import MEDIA_PORTS, a_station, free_address
from tests.integration.telephony.test_telephone import a_telephone, both_hear
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow
LONG, SHORT = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"


@pytest.mark.parametrize(
    ("ours", "theirs", "suite"),
    [
        (Srtp.REQUIRE, f"mandatory:{LONG}", LONG),
        (Srtp.REQUIRE, f"mandatory:{SHORT}", SHORT),
        (Srtp.OFFER, f"optional:{LONG}", LONG),
        (Srtp.OFFER, "", ""),
    ],
)
async def test_a_telephone_that_is_called_hears_us(tmp_path, ours, theirs, suite):
    settings = {"t38": T38Policy.ACCEPT, "no_fax_timeout_s": 4.0, "srtp": ours}
    async with (
        a_telephone("PCMA", srtp=theirs) as telephone,
        a_station(calls=telephone.address, **settings) as station,
    ):
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        talking = await telephone.says("talking")
        counted = await telephone.says("counted")
        statistics = station.engine.statistics()

    assert facts.disposition is Disposition.NO_FAX_ANSWERED
    assert talking["srtp"] == suite
    assert both_hear(statistics, counted)  # pjsua2 counts what it could open
    assert statistics["srtp_bad"] == 0


@pytest.mark.parametrize(
    ("ours", "theirs", "suite"),
    [
        (Srtp.REQUIRE, f"mandatory:{SHORT}", SHORT),
        (Srtp.OFFER, f"mandatory:{LONG}", LONG),
        (Srtp.OFFER, f"optional:{LONG}", LONG),
        (Srtp.OFF, f"optional:{LONG}", ""),
    ],
)
async def test_a_telephone_that_calls_is_heard(tmp_path, ours, theirs, suite):
    async with a_station(t38=T38Policy.ACCEPT, no_fax_timeout_s=4.0, srtp=ours) as station:
        receiving = asyncio.ensure_future(station.receives(tmp_path / "in.tif"))
        await asyncio.sleep(0)
        async with a_telephone("PCMA", f"sip:49301@{station.address}", srtp=theirs) as telephone:
            talking = await telephone.says("talking")
            counted = await telephone.says("counted")
            facts = await receiving
        statistics = station.engine.statistics()

    assert facts.disposition is Disposition.NO_FAX_ANSWERED
    assert talking["srtp"] == suite
    assert both_hear(statistics, counted)
    assert statistics["srtp_bad"] == 0


@pytest.mark.parametrize(("ours", "theirs"), [(Srtp.REQUIRE, ""), (Srtp.OFF, f"mandatory:{LONG}")])
async def test_without_keys_that_both_know_there_is_no_call(tmp_path, ours, theirs):
    async with (
        a_telephone("PCMA", srtp=theirs) as telephone,
        a_station(calls=telephone.address, srtp=ours) as ours_,
    ):
        facts = await ours_.sends(draw_fax(tmp_path / "fax.tif"))

    assert (facts.disposition, facts.answered_at) == (Disposition.INCOMPATIBLE, None)


async def test_packets_with_a_wrong_tag_are_dropped_and_counted():
    core = NativeCore(f"sip:{free_address()}", "test", lambda _: None)
    right, wrong, ours = (secrets.token_bytes(KEY_BYTES) for _ in range(3))
    speakers = {key: core.open_channel("127.0.0.1", MEDIA_PORTS, lambda _: None) for key in (right, wrong)}
    listener = core.open_channel("127.0.0.1", MEDIA_PORTS, lambda _: None)
    counted = core.statistics

    async def until(name: str, least: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while counted()[name] < least:
                await asyncio.sleep(0.02)

    core.use_audio(listener.channel, "127.0.0.1", 9, 8, keys=SrtpKeys(10, ours, right))
    core.use_audio(speakers[wrong].channel, "127.0.0.1", listener.rtp, 8, keys=SrtpKeys(10, wrong, ours))
    await until("srtp_bad", 20)
    before = counted()["rtp_in"]
    core.use_audio(speakers[right].channel, "127.0.0.1", listener.rtp, 8, keys=SrtpKeys(10, right, ours))
    await until("rtp_in", 20)
    await core.close()

    assert before == 0
