"""faxgw explain: what would become of a mail."""

import json
from datetime import timedelta

import pytest

from gateway.exit_code import ExitCode
from gateway.model.number import FaxNumber
from gateway.model.tariff import Tariff, Tariffs
from tests.unit.cli.test_cli import config, faxgw  # noqa: F401 - fixtures

MAIL = """\
Return-Path: <ann@example.com>
From: Ann Smith <ann@example.com>
To: +49301234567@fax.example.com, bob@example.com, <hello@fax.example.com>
Subject: Offer [::b=4711,p=h,x=1]

Dear Bob
"""


@pytest.fixture
def mail(tmp_path):
    file = tmp_path / "mail.eml"
    file.write_text(MAIL)
    return str(file)


@pytest.fixture
def site(config):  # noqa: F811
    """A site that trusts this machine and knows prices."""
    config.write_text(
        config.read_text().replace("[smtp]", '[smtp]\nrelay_networks = ["127.0.0.1/32"]')
        + '[trunk.backup]\nproxy = "sip:backup.example.com"\n[cost]\ncurrency = "EUR"\n'
        + '[tariff.home]\nnumbers = ["+49"]\nper_call = 0.1\nper_page = 0.05\n'
        + '[permission.all]\ndeny = ["+49900"]\n'
    )


def test_a_mail_is_explained_without_being_sent(faxgw, site, mail):  # noqa: F811
    code, out, err = faxgw("explain", mail, "--json", "-o", "trunk.backup.channels=1")

    found = json.loads(out)
    good, bad = found["recipients"]
    assert (code, err) == (ExitCode.OK, "")
    assert (found["sender"], found["permission"], found["pages"]) == ("ann@example.com", "all", 1)
    assert found["reasons"] == ["The sender is ann@example.com (trusted: smtp 127.0.0.1)."]
    assert found["documents"] == ["mail.txt (text/plain; charset=utf-8)"]
    assert (good["number"], good["route"], good["cost"]) == (
        "+49301234567",
        ["main", "backup"],
        "0.15 EUR by [tariff.home]",
    )
    assert good["options"] == {"billing_code": "4711", "priority": "high"}
    assert good["not_done"] == ["[::x=1]"]
    assert good["reasons"] == ["[permission.all] allows faxes.", "[permission.all] allows +49301234567."]
    assert bad["refused"].startswith("550 5.1.3 Not a fax number")


def test_recipients_have_the_names_that_the_mail_gives_them(faxgw, site, tmp_path):  # noqa: F811
    mail = tmp_path / "mail.eml"
    to = '"Orff, Carl" <+49301234567@fax.example.com>, "[FAX:9 | Ted@+49 (30) 936-7329]"@fax.example.com'
    mail.write_text(MAIL.replace("+49301234567@fax.example.com", to))

    _, out, _ = faxgw("explain", str(mail), "--json")

    named = [(one["number"], one["name"], one["dialect"]) for one in json.loads(out)["recipients"][:2]]
    assert named == [("+49301234567", "Orff, Carl", "plain"), ("+49309367329", "Ted", "outlook")]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--client", "192.0.2.7"], "192.0.2.7 is in none of [smtp] relay_networks"),
        (
            ["-o", "resolving.authserv_id=mx.example.com"],
            "Nothing proves that this mail is from ann@example.com",
        ),
        (["--to", "+49900123@fax.example.com"], 'You may not send faxes to numbers that begin with "+49900"'),
    ],
)
def test_why_a_mail_would_not_be_faxed_is_told_to_people(faxgw, site, mail, arguments, line):  # noqa: F811
    code, out, _ = faxgw("explain", mail, *arguments)

    assert code == ExitCode.FAILED
    assert f"refused:           {line}" in out


def test_a_list_is_explained_number_by_number(faxgw, site, config, tmp_path):  # noqa: F811
    config.write_text(
        config.read_text().replace(
            'deny = ["+49900"]\n',
            'approver = "boss@example.com"\napprove_numbers = ["+43"]\n[addresses]\ndialects = ["mailbox"]\n',
        )
    )
    mail = tmp_path / "list.eml"
    mail.write_text(
        MAIL.replace("<hello@fax", "<list@fax").replace("Offer [::b=4711,p=h,x=1]", "[FAX]+49301,+4315,x")
    )

    _, out, _ = faxgw("explain", str(mail), "--json")

    home, abroad, odd = json.loads(out)["recipients"][-3:]
    assert (home["number"], home["cover"]) == ("+49301", "none ([cover] template)")
    assert abroad["reasons"][-1] == "It waits for boss@example.com: Faxes to +4315 have to be approved."
    assert odd["refused"] == "x: Not a fax number."


def test_of_a_mail_that_fetches_a_fax_nothing_is_drawn(faxgw, site, tmp_path):  # noqa: F811
    mail = tmp_path / "poll.eml"
    mail.write_text(MAIL.replace("Subject:", "X-Faxgw-Poll: on\nSubject:"))

    _, out, _ = faxgw("explain", str(mail), "--json")

    found = json.loads(out)
    assert found["options"]["poll"] is True
    assert (found["pages"], found["documents"], found["rendering_failed"]) == (0, [], "")
    assert "is fetched" in found["notes"][0]


def test_the_cover_page_is_drawn_and_counted(faxgw, site, mail):  # noqa: F811
    _, out, _ = faxgw("explain", mail, "--json", "-o", 'cover.template="standard"')

    found = json.loads(out)
    one = found["recipients"][0]
    assert (found["pages"], one["pages"]) == (1, 2)
    assert one["cover"] == "cover page standard.html ([cover] template)"
    assert seconds_of(one["call"]) > seconds_of(found["call"])


def test_a_cover_page_that_cannot_be_made_is_told_before_anything_is_sent(faxgw, site, mail):  # noqa: F811
    code, out, _ = faxgw("explain", mail, "--json", "-o", 'cover.numbers=["+49=unknown"]')

    assert code == ExitCode.FAILED
    assert "unknown" in json.loads(out)["recipients"][0]["refused"]


def seconds_of(call: str) -> int:
    """The number in "about 23 s at 14400 bit/s"."""
    return int(call.split()[1])


def test_an_address_is_explained_for_a_sender(faxgw, site):  # noqa: F811
    code, out, _ = faxgw("address", "+49900123", "--sender", "ann@example.com", "--json")

    assert code == ExitCode.FAILED
    assert json.loads(out)["refused"].startswith(
        'You may not send faxes to numbers that begin with "+49900".'
    )


@pytest.mark.parametrize(
    ("number", "tariff"), [("+49301", "home"), ("+49170", "mobile"), ("+4315", "rest"), ("0049301", "home")]
)
def test_the_longest_beginning_decides_what_a_call_costs(number: str, tariff: str):
    tariffs = Tariffs((Tariff("rest"), Tariff("home", ("+49",)), Tariff("mobile", ("+4917", "+4916"))))

    found = tariffs.of(FaxNumber(number))

    assert found is not None
    assert found.name == tariff


def test_a_fax_costs_its_call_its_minutes_and_its_pages():
    tariff = Tariff("x", per_call=0.1, per_minute=0.2, per_page=0.03)

    assert tariff.cost(2, timedelta(seconds=90)) == pytest.approx(0.1 + 0.3 + 0.06)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mail_is_explained_as_a_drop_folder_would_take_it(faxgw, site, tmp_path, encoding):  # noqa: F811
    file = tmp_path / "mail.eml"
    file.write_bytes(MAIL.removeprefix("Return-Path: <ann@example.com>\n").encode(encoding))

    code, out, _ = faxgw("explain", str(file), "--json")

    found = json.loads(out)
    assert (code, found["sender"], found["pages"]) == (ExitCode.OK, "ann@example.com", 1)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"Subject: Offer\n\nHello\n"])
def test_what_names_no_sender_is_no_bounce(faxgw, site, tmp_path, content):  # noqa: F811
    file = tmp_path / "mail.eml"
    file.write_bytes(content)

    code, out, _ = faxgw("explain", str(file))

    assert code == ExitCode.FAILED
    assert "No field From names a sender. Is it a mail? Say who sends it with --sender." in out


def test_each_recipient_is_told_of_the_fax_in_the_resolution_it_gets(faxgw, site, config, tmp_path):  # noqa: F811
    config.write_text(
        config.read_text().replace(
            "[permission.all]", '[addresses]\ndialects = ["plain", "faxback"]\n[permission.all]'
        )
    )
    mail = tmp_path / "mail.eml"
    mail.write_text(MAIL + "".join(f"Line {number} of the text\n" for number in range(50)))
    to = ("--to", "+49301234567@fax.example.com", "--to", "+49301234568^COARSE@fax.example.com")

    _, out, _ = faxgw("explain", str(mail), *to, "--json")

    found = json.loads(out)
    fine, standard = found["recipients"]
    assert standard["options"]["resolution"] == "standard"
    assert fine["call"] == found["call"]
    assert int(standard["call"].split()[1]) < int(fine["call"].split()[1])


def test_blank_pages_that_are_left_out_are_told(faxgw, site, tmp_path):  # noqa: F811
    mail = tmp_path / "mail.eml"
    mail.write_text(f"{MAIL}\f\f\nYours\n")

    _, out, _ = faxgw("explain", str(mail), "--json")

    found = json.loads(out)
    assert (found["pages"], found["notes"]) == (2, ["left out 1 blank page"])
