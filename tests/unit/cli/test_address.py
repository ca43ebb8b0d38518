"""faxgw address: what would become of an address."""

import json

import pytest

from gateway.exit_code import ExitCode
from tests.unit.cli.test_cli import config, faxgw  # noqa: F401 - fixtures


@pytest.fixture
def dialled(config):  # noqa: F811
    """A site in Berlin with a PBX."""
    config.write_text(
        config.read_text() + '[dialling]\ncountry = "DE"\noutside_line = "0"\ninternal = ["2XX"]\n'
    )


def test_every_step_is_shown(faxgw, dialled):  # noqa: F811
    code, out, _ = faxgw("address", '"[FAX:Ted@+1 (206) 936-7329]"@fax.example.com')

    assert code == ExitCode.OK
    assert out.splitlines() == [
        'address:          "[FAX:Ted@+1 (206) 936-7329]"@fax.example.com',
        "dialect:          outlook",
        "number:           +12069367329",
        "dialled:          0+12069367329",
        "recipient:        Ted",
    ]


@pytest.mark.parametrize(
    ("text", "number", "dialled_as"),
    [
        ("030 1234567", "+49301234567", "0+49301234567"),
        ("<0301234567@fax.example.com>", "+49301234567", "0+49301234567"),
        ("299", "299", "299"),
        ("FAX=+4315800/OFNO=7", "+4315800", "0+4315800"),
    ],
)
def test_a_number_alone_will_do(faxgw, dialled, text, number, dialled_as):  # noqa: F811
    code, out, _ = faxgw("address", text, "--json")

    facts = json.loads(out)
    assert code == ExitCode.OK
    assert (facts["number"], facts["dialled"]) == (number, dialled_as)
    assert facts["not_done"] == (["ofno=7"] if "OFNO" in text else [])


@pytest.mark.parametrize(
    ("text", "number", "name"),
    [
        ('"Orff, Carl" <0301234567@fax.example.com>', "+49301234567", "Orff, Carl"),
        ("=?utf-8?q?J=C3=BCrgen?= <0301234567@fax.example.com>", "+49301234567", "J\u00fcrgen"),
        ('"Anne Anderson (030) 5035550" <fax@fax.example.com>', "+49305035550", "Anne Anderson"),
        ('"/fax=030 6804777/name=Carl Orff/" <list@fax.example.com>', "+49306804777", "Carl Orff"),
        ("list@fax.example.com", "in-the-mail", None),
        ('"All customers" <list@fax.example.com>', "in-the-mail", None),
    ],
)
def test_an_address_may_have_a_name_beside_it(faxgw, dialled, text, number, name):  # noqa: F811
    code, out, _ = faxgw(
        "address",
        text,
        "--json",
        "-o",
        'addresses.dialects=["plain", "mailbox"]',
        "--sender",
        "a@example.com",
    )

    facts = json.loads(out)
    assert code == ExitCode.OK
    assert (facts["number"], facts.get("recipient")) == (number, name)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("hello", "550 5.1.3 Not a fax number"),
        ("112", "550 5.1.3 Emergency numbers"),
        ("101@example.org", "550 5.7.1 Not a fax domain"),
        (
            "030 123,,4",
            "550 5.1.3 Pauses and tones behind a number cannot be dialled; write the number",
        ),
        ("a\x01@fax.example.com", "501 5.5.4"),
    ],
)
def test_a_refused_address_has_the_reply_of_the_listener(faxgw, dialled, text, reply):  # noqa: F811
    code, out, _ = faxgw("address", text, "--json")

    assert code == ExitCode.FAILED
    assert json.loads(out)["refused"].startswith(reply)
