"""Authentication-Results of our relay are believed; those of strangers are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import SenderNotProved
from gateway.resolving.authentication import Result, Results, parse, results_of
from gateway.resolving.identity import proof

RELAY = "mx.example.com"
ANN = "ann@example.org"


@pytest.mark.parametrize(
    ("text", "results"),
    [
        ("mx.example.com; none", Results(RELAY, ())),
        ("mx.example.com 1; none", Results(RELAY, ())),
        (
            "mx.example.com; spf=pass smtp.mailfrom=example.org",
            Results(RELAY, (Result("spf", "pass", {"smtp.mailfrom": "example.org"}),)),
        ),
        (
            'mx.example.com;\r\n dkim/1 = pass (2048-bit key; "unprotected") reason="good; signature"'
            "\r\n header.d=example.org header.i=@example.org; dmarc=FAIL header.from=a.example",
            Results(
                RELAY,
                (
                    Result("dkim", "pass", {"header.d": "example.org", "header.i": "@example.org"}),
                    Result("dmarc", "fail", {"header.from": "a.example"}),
                ),
            ),
        ),
        ('mx.example.com; spf=pass (a ( nested ) comment) smtp.mailfrom="a b"@example.org', None),
        ("mx.example.com; spf=pass (never ends", None),
        ("", None),
        ("; spf=pass", None),
    ],
)
def test_the_field_is_read_as_rfc_8601_says(text: str, results: Results | None):
    found = parse(text)

    if results is not None or found is None:
        assert found == results
    else:
        assert found.results[0].result == "pass"
        assert "@" not in found.results[0].properties.get("smtp.mailfrom", "")


def mail(*fields: str, sender: str = ANN) -> bytes:
    return "".join(f"{field}\r\n" for field in (*fields, f"From: Ann <{sender}>", "", "Hello")).encode()


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (f"spf=pass smtp.mailfrom={ANN}", "SPF passed for example.org"),
        ("spf=pass smtp.mailfrom=example.org", "SPF passed for example.org"),
        ("dkim=fail header.d=x.org; dkim=pass header.d=example.org", "DKIM passed for example.org"),
        ("dmarc=pass (p=reject) header.from=Example.ORG", "DMARC passed for example.org"),
    ],
)
def test_what_the_relay_found_out_proves_the_sender(result: str, why: str):
    header = mail(f"Authentication-Results: MX.example.com; {result}")

    assert proof(ANN, "smtp 192.0.2.1", header, RELAY) == f"mx.example.com says: {why}"


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [f"Authentication-Results: mx.example.com; spf=softfail smtp.mailfrom={ANN}"],
        ["Authentication-Results: mx.example.com; spf=pass smtp.mailfrom=other.org"],
        ["Authentication-Results: mx.example.com; spf=pass smtp.helo=example.org"],
        ["Authentication-Results: mx.example.com; dkim=pass header.d=org"],
        [f"Authentication-Results: mx.stranger.org; spf=pass smtp.mailfrom={ANN}"],
        [
            "Authentication-Results: mx.example.com; spf=none",
            f"Authentication-Results: mx.example.com; spf=pass smtp.mailfrom={ANN}",
        ],
        [f"X-Authentication-Results: mx.example.com; spf=pass smtp.mailfrom={ANN}"],
        [f'Authentication-Results: a.org; x=pass reason="; mx.example.com; spf=pass smtp.mailfrom={ANN}"'],
    ],
)
def test_nothing_less_proves_him(fields: list[str]):
    with pytest.raises(SenderNotProved):
        proof(ANN, "smtp 192.0.2.1", mail(*fields), RELAY)


@pytest.mark.parametrize(
    "fields", [["From: Bob <bob@example.org>"], ["Subject: x", f"From: {ANN}"], [f"From: a@b.c, {ANN}"]]
)
def test_a_signature_counts_only_for_the_one_who_stands_in_from(fields: list[str]):
    signed = "Authentication-Results: mx.example.com; dkim=pass header.d=example.org"

    with pytest.raises(SenderNotProved):
        proof(ANN, "smtp 192.0.2.1", mail(signed, *fields, sender="bob@example.org"), RELAY)


@pytest.mark.parametrize(
    ("client", "why"),
    [
        ("smtp 192.0.2.1 login ann", "logged in as ann"),
        ("folder /var/drop", "trusted: folder /var/drop"),
    ],
)
def test_who_has_logged_in_needs_no_relay_to_speak_for_him(client: str, why: str):
    assert proof(ANN, client, mail(), RELAY) == why


def test_without_the_setting_every_relay_is_believed():
    assert proof(ANN, "smtp 192.0.2.1", mail(), "") == "trusted: smtp 192.0.2.1"


@given(st.text(st.sampled_from('mx; =()"\\.spfa\r\n@/1'), max_size=200))
def test_no_field_raises_and_none_of_a_stranger_speaks_for_us(text: str):
    parse(text)

    assert results_of([f"stranger.org; {text}"], RELAY) == ()


@given(
    st.dictionaries(
        st.sampled_from(["smtp.mailfrom", "header.d", "header.from"]),
        st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20),
    ),
    st.sampled_from(["", " ", "\r\n\t", " (a comment (in a comment)) "]),
)
def test_what_was_written_is_read(properties: dict[str, str], space: str):
    written = "".join(f"{space or ' '}{name}{space}={space}{value}" for name, value in properties.items())

    found = parse(f"{RELAY};{space}spf{space}={space}pass{written}")

    assert found == Results(RELAY, (Result("spf", "pass", properties),))
