from dataclasses import replace

import pytest

from telephony.sdp.audio import audio_offer, choose_codec, usable_audio
from telephony.sdp.description import Description, Media, parse, render
from telephony.sdp.image import T38Parameters, agreed, image_answer, image_offer, usable_image
from telephony.trunk import ErrorCorrection, Trunk

TRUNK = Trunk("main", "sip:pbx.example.com")


def an_image(*attributes: tuple[str, str], port: int = 4000, protocol: str = "udptl") -> Media:
    return Media("image", port, protocol, ("t38",), "192.0.2.1", attributes)


def test_an_audio_offer_names_every_codec_in_our_order():
    offer = audio_offer(4000, ("PCMU", "PCMA"))

    assert offer.formats == ("0", "8")
    assert ("rtpmap", "8 PCMA/8000") in offer.attributes


@pytest.mark.parametrize(
    ("formats", "ours", "chosen"),
    [
        (("8", "0"), ("PCMU", "PCMA"), "PCMA"),
        (("0", "8"), ("PCMU", "PCMA"), "PCMU"),
        (("18", "0"), ("PCMU", "PCMA"), "PCMU"),
        (("0",), ("PCMA",), None),
        (("18", "x", "٨"), ("PCMA",), None),
    ],
)
def test_the_peers_first_codec_that_we_have_is_chosen(formats, ours, chosen):
    assert choose_codec(Media("audio", 4000, "RTP/AVP", formats, "192.0.2.1"), ours) == chosen


@pytest.mark.parametrize(
    "media",
    [
        Media("audio", 0, "RTP/AVP", ("8",), "192.0.2.1"),
        Media("audio", 4000, "RTP/AVP", ("8",), ""),
        Media("video", 4000, "RTP/AVP", ("8",), "192.0.2.1"),
    ],
)
def test_audio_that_is_refused_or_nowhere_is_not_usable(media):
    assert usable_audio(Description("", (media,))) == ()


@pytest.mark.parametrize(
    "media",
    [
        an_image(port=0),
        an_image(protocol="TCP"),
        Media("image", 4000, "udptl", ("t39",), "192.0.2.1"),
        Media("audio", 4000, "udptl", ("t38",), "192.0.2.1"),
    ],
)
def test_an_image_that_is_refused_or_not_t38_over_udptl_is_not_usable(media):
    assert usable_image(Description("", (media,))) is None


def test_protocol_and_format_of_t38_are_read_in_any_case_of_letters():
    media = Media("image", 4000, "UDPTL", ("T38",), "192.0.2.1")

    assert usable_image(Description("", (media,))) is media


def test_our_offer_of_t38_is_understood_by_ourselves():
    text = render("192.0.2.1", (image_offer(4002, TRUNK),), session_id=1, version=1)

    image = usable_image(parse(text))

    assert image is not None
    assert agreed(image, TRUNK) == T38Parameters(version=0, max_datagram=1400, redundancy=3)


@pytest.mark.parametrize(
    ("correction", "answered", "parameters"),
    [
        ("t38UDPRedundancy", "t38UDPRedundancy", T38Parameters(0, 1400, 3)),
        ("T38UDPREDUNDANCY", "t38UDPRedundancy", T38Parameters(0, 1400, 3)),
        ("t38UDPFEC", "t38UDPFEC", T38Parameters(0, 1400, 3, 3, 3)),
        ("t38UDPNoEC", "t38UDPNoEC", T38Parameters(0, 1400, 0)),
        ("something", "t38UDPRedundancy", T38Parameters(0, 1400, 3)),
    ],
)
def test_the_peers_error_correction_is_answered_and_used(correction, answered, parameters):
    offered = an_image(("T38FaxUdpEC", correction))

    answer = image_answer(offered, 4002, TRUNK)

    assert answer.attribute("T38FaxUdpEC") == answered
    assert agreed(offered, TRUNK) == parameters


@pytest.mark.parametrize("version", ["0", "1", "2", "3", "x"])
def test_every_version_of_t38_is_answered_with_version_zero(version):
    answer = image_answer(an_image(("T38FaxVersion", version)), 4002, TRUNK)

    assert answer.attribute("T38FaxVersion") == "0"


@pytest.mark.parametrize(
    ("text", "size"), [("400", 400), ("", 1400), ("-1", 1400), ("9" * 30, 1400), ("72 ", 72), ("9000", 1400)]
)
def test_a_datagram_size_that_cannot_be_counts_as_ours(text, size):
    assert agreed(an_image(("T38FaxMaxDatagram", text)), TRUNK).max_datagram == size


@pytest.mark.parametrize(
    ("correction", "written"),
    [
        (ErrorCorrection.REDUNDANCY, "t38UDPRedundancy"),
        (ErrorCorrection.FEC, "t38UDPFEC"),
        (ErrorCorrection.NONE, "t38UDPNoEC"),
    ],
)
def test_a_trunk_says_how_losses_are_made_up_for_and_how_large_datagrams_are(correction, written):
    trunk = replace(TRUNK, error_correction=correction, max_datagram=320)

    offer = image_offer(4002, trunk)

    assert offer.attribute("T38FaxUdpEC") == written
    assert offer.attribute("T38FaxMaxDatagram") == "320"


def test_the_depth_of_a_trunk_is_what_is_sent():
    deep = replace(TRUNK, udptl_depth=5, max_datagram=600)

    assert agreed(an_image(("T38FaxUdpEC", "t38UDPRedundancy")), deep) == T38Parameters(0, 600, 5)
    assert agreed(an_image(("T38FaxUdpEC", "t38UDPFEC")), deep) == T38Parameters(0, 600, 5, 3, 5)


@pytest.mark.parametrize(
    ("offered", "answered"),
    [
        ("sendrecv", "sendrecv"),
        ("sendonly", "recvonly"),
        ("recvonly", "sendonly"),
        ("INACTIVE", "inactive"),
        ("nonsense", "sendrecv"),
    ],
)
@pytest.mark.parametrize("of", ["session", "media"])
def test_a_direction_is_answered_with_the_one_that_fits(offered, answered, of):
    session, media = (f"a={offered}\r\n", "") if of == "session" else ("", f"a={offered}\r\n")
    text = f"v=0\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n{session}m=audio 4000 RTP/AVP 8\r\n{media}"

    assert parse(text).media[0].answering_direction == answered


def test_the_direction_of_a_section_goes_before_that_of_the_session():
    text = "v=0\r\nc=IN IP4 192.0.2.9\r\na=inactive\r\nm=image 4002 UDPTL t38\r\na=sendonly\r\n"

    answer = image_answer(parse(text).media[0], 4004, TRUNK)

    assert (answer.protocol, answer.attributes[-1]) == ("UDPTL", ("recvonly", ""))


def test_t38_in_which_gateways_check_the_training_themselves_is_not_for_udptl():
    offers = {
        method: usable_image(Description("", (an_image(("T38FaxRateManagement", method)),)))
        for method in ("transferredTCF", "localTCF")
    }

    assert [method for method, image in offers.items() if image] == ["transferredTCF"]
