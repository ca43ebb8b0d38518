"""Calls that a trunk sends on to somewhere else (3xx)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import Disposition
from telephony.call.state import CallState
from telephony.native.values import Kind
from telephony.trunk import Trunk
from telephony.uri import SipUri
from telephony.watch import TrunkWatch
from tests.fakes.fax_core import FakeCore, in_no_time
from tests.unit.telephony.conftest import AUDIO

MOVED = "sip:+49301@192.0.2.7:5070;transport=tcp"
PROXY = SipUri.parse("sip:pbx.example.com;transport=tls")


def is_sent_on(line, status: int = 302, contact: str = MOVED) -> None:
    line.core.sip(Kind.REFUSED, status=status, text="Moved", contact=contact)


@pytest.mark.parametrize("status", [300, 301, 302])
@in_no_time
async def test_a_call_goes_on_at_another_host_of_the_trunk_with_the_same_call_id(line, status):
    call = line.dials()
    first, call_id = line.core.requests[0], call.sip_call_id
    is_sent_on(line, status)
    second = line.core.requests[1]
    line.core.sip(Kind.ACCEPTED, status=200, sdp=AUDIO)

    assert second.uri == "sip:+49301@192.0.2.7:5070"
    assert (second.to, second.sip_call_id) == (first.to, call_id)
    assert call.state is CallState.AUDIO
    assert len(line.core.known_calls) == 1


@pytest.mark.parametrize(
    ("status", "contact"),
    [
        (302, "sip:+49301@192.0.2.8"),
        (302, "sip:+49301@pbx.example.org"),
        (302, "sip:+49900@192.0.2.7"),
        (302, "sip:192.0.2.7"),
        (302, "tel:+49301"),
        (302, "mailto:+49301@192.0.2.7"),
        (302, ""),
        (305, MOVED),
        (380, MOVED),
    ],
)
@in_no_time
async def test_a_call_is_not_sent_on_to_strangers_and_other_numbers(line, status, contact):
    call = line.dials()
    is_sent_on(line, status, contact)
    line.is_terminated()
    facts = await call.finished

    assert (facts.disposition, facts.sip_status) == (Disposition.TRUNK_UNAVAILABLE, status)
    assert len(line.core.requests) == 1
    assert contact in facts.detail
    assert line.core.holds_nothing


@in_no_time
async def test_a_call_that_is_sent_in_circles_ends(line):
    call = line.dials()
    for _ in range(4):
        is_sent_on(line)
    line.is_terminated()

    assert (await call.finished).disposition is Disposition.TRUNK_UNAVAILABLE
    assert len(line.core.requests) == 4


@in_no_time
async def test_a_call_that_is_hung_up_already_is_not_sent_on(line):
    call = line.dials()
    call.hang_up(Disposition.CANCELLED)
    is_sent_on(line)
    line.is_terminated()

    assert (await call.finished).disposition is Disposition.CANCELLED
    assert len(line.core.requests) == 1


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("pbx.example.com", True),
        ("PBX.example.com", True),
        ("edge.example.com", True),
        ("192.0.2.17", True),
        ("192.0.2.33", False),
        ("example.com", False),
        ("evil.pbx.example.com", False),
        ("::1", False),
    ],
)
async def test_a_trunk_may_send_calls_to_its_own_names_and_its_sources(host, allowed):
    trunk = Trunk(
        "main", "sip:pbx.example.com", outbound_proxy="sip:edge.example.com", sources=("192.0.2.16/28",)
    )

    assert TrunkWatch(FakeCore(), trunk, "192.0.2.1").may_go_to(host) is allowed  # type: ignore[arg-type]


def test_only_host_and_port_of_a_redirect_count():
    there = PROXY.elsewhere("sips:+49301;npdi@[2001:db8::1]:5071;transport=udp", "+49301")

    assert there == SipUri("sip", "[2001:db8::1]", 5071, ";transport=tls")


@given(st.text() | st.text(alphabet="sip:+493@[].;=?<>% 1a"))
def test_no_redirect_of_a_stranger_breaks_the_reading(contact):
    there = PROXY.elsewhere(contact, "+49301")

    assert there is None or there.parameters == PROXY.parameters
