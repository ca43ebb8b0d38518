"""Parameters of MAIL and RCPT and SASL responses: whatever comes is read or refused."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from gateway.intake.parameters import read_mail, read_rcpt, xtext
from gateway.intake.sasl import BadResponse, Credentials, Exchange

KEYS = st.sampled_from(
    ["SIZE=", "BODY=", "RET=", "ENVID=", "NOTIFY=", "ORCPT=rfc822;", "AUTH=", "SMTPUTF8", ""]
)


@given(st.lists(st.tuples(KEYS, st.text(max_size=20)).map("".join), max_size=4).map(" ".join))
def test_whatever_is_asked_is_read_or_refused(text):
    for found in (read_mail(text, 1000), read_rcpt(text)):
        assert not isinstance(found, bytes) or found[:1] == b"5"


@given(st.text("+=2B0aAf ~\x7f", max_size=12))
def test_decoded_xtext_has_no_control_characters(text):
    decoded = xtext(text)

    assert decoded is None or (decoded.isascii() and decoded.isprintable())


@given(
    st.sampled_from(["PLAIN", "LOGIN"]), st.lists(st.one_of(st.text(), st.binary()), min_size=1, max_size=4)
)
def test_an_exchange_ends_in_credentials_or_a_bad_response(mechanism, responses):
    exchange = Exchange(mechanism)
    texts = [base64.b64encode(r).decode() if isinstance(r, bytes) else r for r in responses]
    try:
        answer = exchange.begin(texts[0])
        for text in texts[1:]:
            if isinstance(answer, Credentials):
                break
            assert answer.startswith(b"334 ")
            answer = exchange.receive(text)
    except BadResponse:
        pass
