import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.sdp.description import BadDescription, Description, Media, parse, refused, render, sdp_part

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
TOKENS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=12)
MEDIA = st.builds(
    Media,
    kind=st.sampled_from(["audio", "image", "video"]),
    port=st.integers(0, 65535),
    protocol=st.sampled_from(["RTP/AVP", "udptl", "RTP/SAVP", "TCP"]),
    formats=st.lists(TOKENS, min_size=1, max_size=4).map(tuple),
    address=st.just(""),
    attributes=st.lists(st.tuples(TOKENS, TOKENS | st.just("")), max_size=5).map(tuple),
)
OFFER = """v=0
o=- 1 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 4000 RTP/AVP 8 0 101
a=rtpmap:101 telephone-event/8000
a=sendrecv
m=image 4002 udptl t38
c=IN IP4 192.0.2.2
a=T38FaxVersion:0
""".replace("\n", "\r\n")


@given(st.text() | st.text("vmaco=0123456789 INPT\r\n/.:").map(lambda text: "v=0\n" + text))
def test_no_text_makes_it_fail_in_another_way_than_bad_description(text):
    try:
        parse(text)
    except BadDescription as error:
        assert str(error)  # noqa: PT017 - either outcome is right


@given(st.lists(st.sampled_from(OFFER.split("\r\n")) | st.text(max_size=30), max_size=40))
def test_lines_in_any_order_are_read_or_refused(lines):
    try:
        parse("\r\n".join(["v=0", *lines]))
    except BadDescription as error:
        assert str(error)  # noqa: PT017


@given(address=ADDRESSES, media=st.lists(MEDIA, max_size=4).map(tuple), version=st.integers(0, 2**31))
def test_what_is_rendered_reads_the_same(address, media, version):
    text = render(address, media, session_id=7, version=version)

    found = parse(text)

    assert found.address == address
    assert [(m.kind, m.port, m.protocol, m.formats, m.attributes) for m in found.media] == [
        (m.kind, m.port, m.protocol, m.formats, m.attributes) for m in media
    ]
    assert {m.address for m in found.media} <= {address}


def test_a_section_has_its_own_address_or_that_of_the_session():
    audio, image = parse(OFFER).media

    assert (audio.address, image.address) == ("192.0.2.1", "192.0.2.2")


def test_attributes_are_found_in_any_case_of_letters():
    _, image = parse(OFFER).media

    assert image.attribute("t38faxversion") == "0"
    assert image.attribute("T38FaxUdpEC") is None


@pytest.mark.parametrize(
    "line",
    [
        "m=audio",
        "m=audio x RTP/AVP 0",
        "m=audio 65536 RTP/AVP 0",
        "m=audio -1 RTP/AVP 0",
        "m=audio ٣ RTP/AVP 0",
        "c=IN IP4 999.1.1.1",
        "c=IN IP4 fax.example.com",
        "c=IN",
    ],
)
def test_a_line_that_cannot_be_is_refused_and_named(line):
    with pytest.raises(BadDescription, match="The peer's SDP"):
        parse(f"v=0\r\n{line}\r\n")


@pytest.mark.parametrize(
    "text", ["", "hello", "o=- 1 1 IN IP4 192.0.2.1\r\n", "v=0\r\n" * 501, "v=0" + "x" * 2001]
)
def test_what_is_no_description_is_refused(text):
    with pytest.raises(BadDescription):
        parse(text)


def test_a_port_range_gives_its_first_port():
    assert parse("v=0\r\nm=audio 4000/2 RTP/AVP 0\r\n").media[0].port == 4000


def test_a_refused_section_keeps_kind_and_formats_and_has_port_zero():
    offered = Media("image", 4000, "udptl", ("t38",), "192.0.2.1")

    assert refused(offered) == Media("image", 0, "udptl", ("t38",), "")


def test_lines_that_end_in_a_bare_line_feed_are_read():
    assert parse(OFFER.replace("\r\n", "\n")) == parse(OFFER)


def test_a_description_without_media_is_one():
    assert parse("v=0\r\n") == Description("", ())


PARTS = (
    "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n"
)


@pytest.mark.parametrize(("boundary", "sdp"), [("b", "v=0"), ('"b"', "v=0"), ("c", ""), ("", "")])
def test_the_sdp_in_a_body_of_several_parts_is_found(boundary, sdp):
    assert sdp_part(PARTS, boundary).strip() == sdp


@given(
    st.text() | st.lists(st.sampled_from(PARTS.split("\r\n")) | st.text(max_size=9)).map("\r\n".join),
    st.text(),
)
def test_no_body_of_several_parts_makes_it_fail(body, boundary):
    sdp_part(body, boundary)
    sdp_part(body, "b")
