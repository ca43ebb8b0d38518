"""Whether audio is encrypted: offers and answers with a=crypto lines (RFC 4568, RFC 8643)."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.call.state import CallState
from telephony.native.values import Kind
from telephony.sdp.crypto import Crypto, Suite, cryptos_in
from telephony.sdp.description import Media, parse
from telephony.trunk import Srtp, T38Policy
from tests.fakes.fax_core import in_no_time
from tests.unit.telephony.conftest import IMAGE, an_sdp, is_taken

KEY = bytes(range(30))
INLINE = base64.b64encode(KEY).decode()
LONG, SHORT = (f"AES_CM_128_HMAC_SHA1_{bits}" for bits in (80, 32))


def audio(*lines: str, profile: str = "RTP/SAVP") -> str:
    return ";".join([f"audio 4000 {profile} 8", *(f"crypto:{line}" for line in lines)])


LOCKED, BOTH_WAYS, CLEAR = (
    an_sdp(audio(f"1 {LONG} inline:{INLINE}")),
    an_sdp(audio(f"1 {LONG} inline:{INLINE}", profile="RTP/AVP")),
    an_sdp(audio(profile="RTP/AVP")),
)


def keys_of(sdp: str) -> list[Crypto]:
    return [crypto for media in parse(sdp).media for crypto in cryptos_in(media)]


def profile_of(sdp: str) -> str:
    return parse(sdp).media[0].protocol


# ---- the lines


@pytest.mark.parametrize("suite", Suite)
@given(tag=st.integers(0, 999_999_999), key=st.binary(min_size=30, max_size=30))
def test_a_line_that_we_write_reads_the_same(suite, tag, key):
    crypto = Crypto(tag, suite, key)

    assert cryptos_in(Media("audio", 1, "RTP/SAVP", ("8",), "", (crypto.attribute,))) == (crypto,)


@given(st.text() | st.from_regex(r"\d+ AES_CM_128_HMAC_SHA1_(80|32) inline:[A-Za-z0-9+/=|:]*.*"))
def test_no_line_of_a_stranger_makes_it_fail(line):
    for crypto in cryptos_in(Media("audio", 1, "RTP/SAVP", ("8",), "", (("crypto", line),))):
        assert len(crypto.key) == 30


@pytest.mark.parametrize(
    "line",
    [
        f"1 {LONG} inline:{INLINE}|2^31",
        f"1 {LONG.lower()} inline:{INLINE}",
        f"1 {LONG} inline:{INLINE} UNENCRYPTED_SRTCP WSH=64",
    ],
)
def test_what_changes_nothing_for_us_is_taken(line):
    assert keys_of(an_sdp(audio(line))) == [Crypto(1, Suite.LONG_TAG, KEY)]


@pytest.mark.parametrize(
    "line",
    [
        f"1 {LONG} inline:{INLINE}|2^31|1:4",
        f"1 {LONG} inline:{INLINE};inline:{INLINE}",
        f"1 {LONG} inline:{INLINE} UNAUTHENTICATED_SRTP",
        f"1 {LONG} inline:{INLINE} KDR=1",
        f"1 {LONG} inline:{INLINE[:-4]}",
        f"1 {LONG} inline:{INLINE[:-1]}",
        f"1 AES_256_CM_HMAC_SHA1_80 inline:{INLINE}",
        f"x {LONG} inline:{INLINE}",
        f"1 {LONG} {INLINE}",
        "1",
    ],
)
def test_what_we_cannot_do_is_stepped_over(line):
    lines = (("crypto", line), ("crypto", f"7 {SHORT} inline:{INLINE}"))

    assert cryptos_in(Media("audio", 1, "RTP/SAVP", ("8",), "", lines)) == (Crypto(7, Suite.SHORT_TAG, KEY),)


@in_no_time
async def test_no_key_is_shown_where_values_are_printed(line):
    line.dials(srtp=Srtp.REQUIRE)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=LOCKED)

    assert str(KEY) not in repr((line.core.keys, keys_of(LOCKED)))


# ---- calls that we make


@pytest.mark.parametrize(
    ("srtp", "profile", "suites"),
    [
        (Srtp.OFF, "RTP/AVP", []),
        (Srtp.OFFER, "RTP/AVP", [Suite.LONG_TAG, Suite.SHORT_TAG]),
        (Srtp.REQUIRE, "RTP/SAVP", [Suite.LONG_TAG, Suite.SHORT_TAG]),
    ],
)
@in_no_time
async def test_a_call_offers_what_the_trunk_is_set_to_with_new_keys(line, srtp, profile, suites):
    for _ in range(2):
        line.dials(srtp=srtp)

    first, second = (keys_of(sdp) for sdp in line.core.descriptions)
    assert {profile_of(sdp) for sdp in line.core.descriptions} == {profile}
    assert [crypto.suite for crypto in first] == suites
    assert len({crypto.key for crypto in first + second}) == 2 * len(suites)


@pytest.mark.parametrize(("srtp", "answer"), [(Srtp.OFFER, BOTH_WAYS), (Srtp.REQUIRE, LOCKED)])
@in_no_time
async def test_an_answer_with_a_key_encrypts_the_audio(line, srtp, answer):
    call = line.dials(srtp=srtp)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=answer)

    assert call.state is CallState.AUDIO
    ours = keys_of(line.core.descriptions[0])[0]
    assert (line.core.keys.tag_bytes, line.core.keys.ours, line.core.keys.theirs) == (10, ours.key, KEY)


@in_no_time
async def test_an_answer_for_the_second_line_of_our_offer_uses_its_key(line):
    line.dials(srtp=Srtp.REQUIRE)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=an_sdp(audio(f"2 {SHORT} inline:{INLINE}")))

    assert (line.core.keys.tag_bytes, line.core.keys.ours) == (
        4,
        keys_of(line.core.descriptions[0])[1].key,
    )


@in_no_time
async def test_a_peer_that_does_not_encrypt_is_talked_to_in_clear_where_that_is_allowed(line):
    call = line.dials(srtp=Srtp.OFFER)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=CLEAR)

    assert (call.state, line.core.keys) == (CallState.AUDIO, None)


@pytest.mark.parametrize(
    "answer",
    [
        CLEAR,
        an_sdp(audio()),
        an_sdp(audio(f"3 {LONG} inline:{INLINE}")),
        an_sdp(audio(f"2 {LONG} inline:{INLINE}")),
        an_sdp(audio(f"1 {LONG} inline:{INLINE}", profile="UDP/TLS/RTP/SAVP")),
        IMAGE,
    ],
)
@in_no_time
async def test_where_encryption_is_required_no_other_answer_is_taken(line, answer):
    call = line.dials(srtp=Srtp.REQUIRE)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=answer)

    assert call.state is CallState.RELEASING
    assert "use_audio" not in line.core.verbs()
    assert "use_t38" not in line.core.verbs()


# ---- calls that come in


@pytest.mark.parametrize(
    ("srtp", "offer", "answer"),
    [
        (Srtp.OFF, CLEAR, "RTP/AVP"),
        (Srtp.OFF, BOTH_WAYS, "RTP/AVP"),
        (Srtp.OFF, LOCKED, None),
        (Srtp.OFFER, CLEAR, "RTP/AVP"),
        (Srtp.OFFER, BOTH_WAYS, "RTP/AVP with key"),
        (Srtp.OFFER, LOCKED, "RTP/SAVP with key"),
        (Srtp.OFFER, an_sdp(audio()), None),
        (Srtp.REQUIRE, CLEAR, None),
        (Srtp.REQUIRE, BOTH_WAYS, "RTP/AVP with key"),
        (Srtp.REQUIRE, LOCKED, "RTP/SAVP with key"),
        (Srtp.REQUIRE, IMAGE, None),
    ],
)
@in_no_time
async def test_an_offer_is_answered_as_the_trunk_is_set_to(line, srtp, offer, answer):
    call = line.rings(sdp=offer, settings={"srtp": srtp})
    await is_taken(line, call)

    said = line.core.descriptions[-1] if line.core.said[-1] == ("respond", 200) else None
    keys = keys_of(said) if said else []
    assert (said and profile_of(said) + (" with key" if keys else "")) == answer
    if keys:
        assert [(crypto.tag, crypto.suite) for crypto in keys] == [(1, Suite.LONG_TAG)]
        assert (line.core.keys.ours, line.core.keys.theirs) == (keys[0].key, KEY)


@in_no_time
async def test_of_two_offers_of_audio_the_encrypted_one_is_taken(line):
    offer = an_sdp(audio(profile="RTP/AVP"), audio(f"4 {SHORT} inline:{INLINE}"))
    call = line.rings(sdp=offer, settings={"srtp": Srtp.OFFER})
    await is_taken(line, call)

    clear, locked = parse(line.core.descriptions[-1]).media
    assert (clear.port, locked.port != 0) == (0, True)
    assert [(crypto.tag, crypto.suite) for crypto in cryptos_in(locked)] == [(4, Suite.SHORT_TAG)]


# ---- in a call


@in_no_time
async def test_our_key_stays_the_same_in_a_call_and_only_what_holds_is_offered_again(line):
    line.dials(srtp=Srtp.REQUIRE)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=LOCKED)
    line.core.sip(Kind.REINVITE)

    first, again = line.core.descriptions
    assert profile_of(again) == "RTP/SAVP"
    assert keys_of(again) == keys_of(first)[:1]


@in_no_time
async def test_an_encrypted_call_moves_to_t38_and_back_with_the_same_key(line):
    call = line.rings(T38Policy.ACCEPT, sdp=LOCKED, settings={"srtp": Srtp.OFFER})
    await is_taken(line, call)
    line.core.sip(Kind.REINVITE, sdp=IMAGE)
    in_between = call.state
    line.core.sip(Kind.REINVITE, sdp=LOCKED)

    first, image, back = line.core.descriptions
    assert (in_between, call.state) == (CallState.IMAGE, CallState.AUDIO)
    assert "m=image 16386 udptl t38" in image
    assert keys_of(back) == keys_of(first) != []


@in_no_time
async def test_a_call_that_must_be_encrypted_moves_to_t38_only_by_leave_and_behind_its_audio(line):
    call = line.dials(T38Policy.PREFER, srtp=Srtp.REQUIRE, t38_in_clear=True)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=LOCKED)
    line.core.sip(Kind.REINVITE, sdp=IMAGE)
    in_between = call.state
    line.core.sip(Kind.REINVITE, sdp=CLEAR)

    assert (in_between, call.state) == (CallState.IMAGE, CallState.IMAGE)
    assert line.core.said[-1] == ("respond", 488)


@in_no_time
async def test_the_leave_to_move_to_t38_is_none_to_begin_with_it(line):
    settings = {"srtp": Srtp.REQUIRE, "t38_in_clear": True}
    dialled = line.dials(**settings)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=IMAGE)
    rung = line.rings(sdp=IMAGE, settings=settings)
    await is_taken(line, rung)

    assert (dialled.state, line.core.said[-1]) == (CallState.RELEASING, ("respond", 488))
    assert "use_t38" not in line.core.verbs()


@in_no_time
async def test_where_encryption_is_required_t38_is_neither_asked_for_nor_taken(line):
    call = line.dials(T38Policy.PREFER, srtp=Srtp.REQUIRE)
    line.core.sip(Kind.ACCEPTED, status=200, sdp=LOCKED)
    line.core.sip(Kind.REINVITE, sdp=IMAGE)

    assert (call.state, line.core.said[-1]) == (CallState.AUDIO, ("respond", 488))
