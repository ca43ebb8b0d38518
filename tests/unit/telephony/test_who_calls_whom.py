"""Which number calls and which is called, as the trunk says it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.native.values import Kind
from telephony.trunk import CalledForm, CallerForm, Extension
from telephony.uri import user_in
from tests.fakes.fax_core import in_no_time

SAID = {
    "to_user": "+49302",
    "from_user": "anonymous",
    "asserted": '"Ann" <sip:+49177@carrier.example;user=phone>',
    "diversion": "<tel:+49303>;reason=unconditional",
}


@pytest.mark.parametrize(
    ("form", "called"),
    [(CalledForm.REQUEST_URI, "+49301"), (CalledForm.TO, "+49302"), (CalledForm.DIVERSION, "+49303")],
)
@in_no_time
async def test_the_called_number_is_read_where_the_trunk_says_it(line, form, called):
    call = line.rings(settings={"called_from": form}, **SAID)

    assert call.called == called


@in_no_time
async def test_a_call_that_nobody_diverted_is_for_the_number_it_asks_for(line):
    call = line.rings(settings={"called_from": CalledForm.DIVERSION})

    assert call.called == "+49301"


@pytest.mark.parametrize(
    ("form", "caller"),
    [(CallerForm.FROM, ""), (CallerForm.ASSERTED, "+49177"), (CallerForm.DIVERSION, "+49303")],
)
@in_no_time
async def test_the_calling_number_is_read_where_the_trunk_says_it(line, form, caller):
    call = line.rings(settings={"caller_from": form}, **SAID)

    assert call.caller == caller


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (CallerForm.FROM, ()),
        (CallerForm.ASSERTED, ("P-Asserted-Identity: <sip:+49302@provider.example>",)),
        (
            CallerForm.DIVERSION,
            ("Diversion: <sip:+49302@provider.example>;reason=unconditional;privacy=off",),
        ),
    ],
)
@in_no_time
async def test_our_number_is_written_where_the_trunk_looks_for_it(line, form, headers):
    line.dials(caller_form=form, caller_host="provider.example")

    (request,) = line.core.requests
    assert request.sender == "<sip:+49302@provider.example>"
    assert request.headers == headers


@given(st.text())
def test_no_header_of_a_stranger_breaks_the_reading(header):
    assert "@" not in user_in(f"<sip:{header}") or "%40" in header


@pytest.mark.parametrize(
    ("setting", "supported", "required", "expires"),
    [
        (Extension.OFF, (), (), 0),
        (Extension.SUPPORT, ("timer", "100rel"), (), 0),
        (Extension.REQUIRE, ("timer", "100rel"), ("timer", "100rel"), 1800),
    ],
)
@in_no_time
async def test_extensions_are_named_as_far_as_the_trunk_is_set_to(
    line, setting, supported, required, expires
):
    line.dials(session_timer=setting, reliable=setting)

    (request,) = line.core.requests
    assert (request.supported, request.require, request.session_expires_s) == (supported, required, expires)


@in_no_time
async def test_a_peer_without_update_is_refreshed_by_an_offer_of_what_holds(line):
    line.is_in_audio()

    line.core.sip(Kind.REFRESH)

    assert line.core.verbs()[-1] == "reinvite"
    assert line.core.said[-1] == ("reinvite", "audio")
