"""Who may send a fax by SMTP, and where to."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.schema import SmtpSection
from gateway.intake import replies
from gateway.intake.accept import Gatekeeper, parse_path
from gateway.model.submission import Recipient
from tests.processor import processor_seconds

NETWORKS = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize(
    ("client", "may"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::1", True),
        ("2001:db8::1%eth0", True),
        ("198.51.100.1", False),
        ("::1", False),
        ("unknown", False),
    ],
)
def test_only_listed_networks_may_relay(client, may):
    assert Gatekeeper(SmtpSection(relay_networks=NETWORKS)).may_relay(client) is may


def test_nobody_may_relay_by_default():
    assert Gatekeeper(SmtpSection()).may_relay("127.0.0.1") is False


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("<a@example.com>", ("a@example.com", "")),
        ("<>", ("", "")),
        ("<> SIZE=1 BODY=8BITMIME", ("", "SIZE=1 BODY=8BITMIME")),
        (" <a@example.com>", ("a@example.com", "")),
        ("a@example.com SIZE=1", ("a@example.com", "SIZE=1")),
        ("<@one.example,@two.example:a@example.com>", ("a@example.com", "")),
        ('<"a b>\\" c"@example.com>', ('"a b>\\" c"@example.com', "")),
        ("<a b@example.com>", None),
        ("<a@example.com", None),
        ("<a@b@example.com>", None),
        ("<a@example.com>SIZE=1", None),
        ("<a\x00@example.com>", None),
        ("<a\r\n@example.com>", None),
        ("<" + "a" * 400 + "@example.com>", None),
    ],
)
def test_paths_are_read_as_rfc_5321_says(text, path):
    assert parse_path(text) == path


@pytest.mark.parametrize(
    "hostile", ['<"' + "\\" * 1999, "<" + "a@" * 1000, "@a," * 600, '<""' * 500, " " * 2000]
)
def test_a_hostile_path_costs_no_time(hostile):
    assert processor_seconds(lambda: parse_path(hostile)) < 0.1


@given(st.text(max_size=60))
def test_no_path_raises_or_lets_control_characters_through(text):
    path = parse_path(text)

    if path is not None:
        assert not any(ord(c) < 32 or ord(c) == 127 for c in path[0])


@pytest.mark.parametrize("ours", ["fax.m\u00fcller.example", "fax.xn--mller-kva.example"])
@pytest.mark.parametrize("written", ["Fax.M\u00dcller.example.", "Fax.XN--mller-kva.example"])
def test_a_domain_with_letters_beyond_ascii_is_ours_in_both_ways_to_write_it(ours, written):
    found = Gatekeeper(SmtpSection(domains=(ours,))).recipient(f"0301@{written}")

    assert isinstance(found, Recipient)


@pytest.mark.parametrize("domain", ["\u00fc" * 100, "\u00fc..example", "\ud800.example"])
def test_a_domain_that_cannot_be_one_is_not_ours(domain):
    assert Gatekeeper(SmtpSection()).recipient(f"0301@{domain}") is replies.OTHER_DOMAIN
