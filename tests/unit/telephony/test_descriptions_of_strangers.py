"""Whatever SDP comes, a call answers as RFC 3264 has it or refuses, and keeps what its trunk demands."""

from hypothesis import given
from hypothesis import strategies as st

from telephony.call.media import CallMedia, Line
from telephony.sdp.description import parse
from telephony.transmission import Medium
from telephony.trunk import Srtp, T38Policy, Trunk
from tests.fakes.fax_core import FakeCore

KEY = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
LINES = (
    "v=0",
    "o=- 1 1 IN IP4 192.0.2.1",
    "s=-",
    "c=IN IP4 192.0.2.1",
    "c=IN IP6 2001:db8::1",
    "c=IN IP4 example.com",
    "t=0 0",
    "m=audio 4000 RTP/AVP 8 0 101",
    "m=audio 4000 RTP/SAVP 8",
    "m=audio 0 RTP/AVP 8",
    "m=audio 4000/2 RTP/AVP 0",
    "m=audio 4000 UDP/TLS/RTP/SAVP 8",
    "m=audio 70000 RTP/AVP 8",
    "m=image 4002 udptl t38",
    "m=image 0 udptl t38",
    "m=image 4002 TCP t38",
    "m=video 4004 RTP/AVP 99",
    "a=rtpmap:101 telephone-event/8000",
    "a=rtpmap:٨ telephone-event/8000",
    "a=T38FaxVersion:3",
    "a=T38FaxMaxDatagram:-1",
    "a=T38FaxMaxDatagram:99999999999999999999",
    "a=T38FaxUdpEC:t38UDPFEC",
    "a=T38FaxUdpEC:nonsense",
    "a=sendonly",
    KEY,
    KEY[:-4],
    f"{KEY}|2^31|1:1",
)
DESCRIPTIONS = st.lists(st.sampled_from(LINES) | st.text(max_size=30), max_size=14).map(
    lambda lines: "\r\n".join(["v=0", "c=IN IP4 192.0.2.1", *lines, ""])
)
TRUNKS = st.builds(
    Trunk,
    name=st.just("main"),
    proxy=st.just("sip:pbx.example.com"),
    t38=st.sampled_from(T38Policy),
    srtp=st.sampled_from(Srtp),
    dtmf_digits=st.sampled_from([0, 4]),
)


def media_of(trunk: Trunk) -> tuple[CallMedia, FakeCore]:
    core = FakeCore()
    media = CallMedia(Line(core, "127.0.0.1", "192.0.2.9", (16384, 16484)), trunk)  # type: ignore[arg-type]
    media.open(lambda _: None)
    return media, core


def keeps_its_promise(trunk: Trunk, core: FakeCore, media: CallMedia) -> bool:
    """A trunk that must encrypt never uses anything in clear."""
    return trunk.srtp is not Srtp.REQUIRE or media.medium is None or core.keys is not None


@given(trunk=TRUNKS, offers=st.lists(DESCRIPTIONS, min_size=1, max_size=4), may_switch=st.booleans())
def test_every_offer_is_answered_section_by_section_or_refused(trunk, offers, may_switch):
    media, core = media_of(trunk)
    most = 1
    for offer in offers:
        answer = media.answer_to(offer, may_switch=may_switch)
        if answer is None:
            assert media.problem
            continue
        offered, answered = parse(offer).media, parse(answer).media
        assert [one.kind for one in answered] == [one.kind for one in offered]
        assert len([one for one in answered if one.port]) == 1
        most = max(most, len(offered))
        assert len(parse(media.held_offer()).media) == most
        assert media.medium is not Medium.T38 or trunk.t38_policy is T38Policy.PREFER or may_switch
    assert keeps_its_promise(trunk, core, media)


@given(trunk=TRUNKS, answers=st.lists(DESCRIPTIONS, min_size=1, max_size=4))
def test_every_answer_is_used_or_not(trunk, answers):
    media, core = media_of(trunk)
    for answer in answers:
        media.audio_offer()
        used = media.take_answer(answer)
        assert used or media.medium is None or media.medium in Medium
        media.take_image_answer(answer)
    assert keeps_its_promise(trunk, core, media)
