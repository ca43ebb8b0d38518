"""faxgw directory lookup, with a real directory."""

import json

import pytest

from gateway.cli import main
from gateway.exit_code import ExitCode
from tests.contract.directory.conftest import SAM, TWIN

CONFIG = """
node.data_dir = "data"
smtp.domains = ["fax.example.com"]
trunk.main.proxy = "sip:pbx.example.com"
receiving.operators = "ops@example.com"
mailer.sender = "fax@example.com"

[directory.staff]
servers = ["{url}"]
ca_file = "{ca_file}"
base = "o=Renovations"
bind_dn = "cn=faxgw,o=Renovations"
password_file = "password"

[permission.staff]
groups = ["AllStaff"]
deny = ["+49900"]
faxes_per_day = 5
"""


@pytest.fixture
def faxgw(tmp_path, slapd, capsys, monkeypatch):
    """Runs a command: its exit code and what it said."""
    (tmp_path / "password").write_text("faxgw-secret")
    (tmp_path / "faxgw.toml").write_text(CONFIG.format(url=slapd.tls_url, ca_file=slapd.ca_file))

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["faxgw", *arguments, "-c", str(tmp_path / "faxgw.toml")])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return run


def test_it_shows_who_somebody_is_and_why_he_may_fax(faxgw):
    code, out, err = faxgw("directory", "lookup", SAM, "--to", "+4930123")

    lines = [line.split(maxsplit=1) for line in out.splitlines()]
    assert (code, err) == (ExitCode.OK, "")
    assert lines[0] == ["[directory.staff]", "found (asked now)"]
    assert ["name", "Samantha Daryn"] in lines
    assert ["groups", "AllStaff"] in lines
    assert lines[-4:] == [
        ["may", "fax              yes"],
        ["because", "[permission.staff] allows faxes."],
        ["because", "[permission.staff] allows +4930123."],
        ["because", "[permission.staff] allows 5 faxes a day; sent or on their way: 0."],
    ]


def test_it_says_where_an_answer_comes_from_and_how_old_it_is(faxgw):
    faxgw("directory", "lookup", SAM)

    _, out, _ = faxgw("directory", "lookup", SAM, "--json")

    (asked,) = json.loads(out)["asked"]
    assert (asked["directory"], asked["found"], asked["from_cache"]) == ("staff", True, True)
    assert 0 <= asked["age_seconds"] < 60


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((SAM, "--to", "+49900123"), 'You may not send faxes to numbers that begin with "+49900".'),
        (
            (SAM, "--to", "0900 123456", "-o", 'dialling.country="DE"'),
            'You may not send faxes to numbers that begin with "+49900".',
        ),
        (
            (SAM, "--to", "0900123456@fax.example.com", "-o", 'dialling.country="DE"'),
            'You may not send faxes to numbers that begin with "+49900".',
        ),
        (("nobody@renovations.example",), "No directory knows nobody@renovations.example."),
        ((TWIN,), "several persons"),
    ],
)
def test_it_says_why_somebody_may_not_fax(faxgw, arguments, reason):
    code, out, _ = faxgw("directory", "lookup", *arguments, "--json")

    found = json.loads(out)
    assert (code, found["may_fax"]) == (ExitCode.FAILED, False)
    assert reason in found["reasons"][-1]
    assert found["remedy"]


@pytest.mark.parametrize("number", ["112", "hello@fax.example.com"])
def test_a_number_that_nobody_may_dial_is_refused_as_in_a_mail(faxgw, number):
    code, _, err = faxgw("directory", "lookup", SAM, "--to", number, "-o", 'dialling.country="DE"')

    assert code != ExitCode.OK
    assert "Emergency numbers are not dialled" in err or "Not a fax number; write it like" in err


def test_a_directory_that_is_away_is_a_temporary_failure(faxgw):
    code, _, err = faxgw("directory", "lookup", SAM, "-o", 'directory.staff.servers=["ldaps://127.0.0.1:9"]')

    assert code == ExitCode.TEMPORARY
    assert "The directory staff cannot be reached: ldaps://127.0.0.1:9 says: Connection refused." in err
