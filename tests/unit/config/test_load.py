"""The configuration: defaults, then the file, then -o; and where each value comes from."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import values
from gateway.config.load import Setting, describe, load
from gateway.errors import ConfigError
from gateway.model.secret import Secret

MINIMAL = """
[smtp]
domains = ["fax.example.com"]
[trunk.main]
proxy = "sip:pbx.example.com"
[receiving]
operators = "fax-operators@example.com"
[mailer]
sender = "fax@example.com"
"""


def written(folder: Path, text: str = "") -> Path:
    file = folder / "faxgw.toml"
    file.write_text(MINIMAL + text)
    return file


def test_what_is_not_said_is_the_default(tmp_path: Path):
    config = load(written(tmp_path)).config

    assert config.sending.attempts == 5
    assert config.queue.is_local
    assert config.trunk["main"].channels == 4


def test_values_are_read_as_what_they_mean(tmp_path: Path):
    more = """
    username = "fax"
    password_file = "secret"
    [did]
    "+49 30 1" = "sales@example.com"
    "200" = ["a@example.com", "b@example.com"]
    [sending]
    delay = "90s"
    [node]
    data_dir = "data"
    [rendering]
    timeout = "3m"
    """
    (tmp_path / "secret").write_text("hunter2\n")

    config = load(
        written(tmp_path, more), ["smtp.relay_networks=['10.0.0.0/8']", "smtp.max_message_size=5M"]
    ).config

    assert config.mailer.password == Secret("hunter2")
    assert config.did == {"+49301": ("sales@example.com",), "200": ("a@example.com", "b@example.com")}
    assert config.sending.delay == timedelta(seconds=90)
    assert config.node.data_dir == tmp_path / "data"
    assert config.rendering.timeout == timedelta(minutes=3)
    assert config.smtp.relay_networks == (ip_network("10.0.0.0/8"),)
    assert config.smtp.max_message_size == 5 * 1024 * 1024


def test_the_command_line_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path):
    file = written(tmp_path, "[sending]\nattempts = 7\nstation_id = 'fax'\n")

    described = describe(load(file, ["sending.attempts=3", "trunk.spare.proxy=sip:spare.example.com"]))

    for wanted in (
        Setting("sending.attempts", "3", "-o"),
        Setting("sending.station_id", '"fax"', "faxgw.toml"),
        Setting("sending.delay", '"5m"', "default"),
        Setting("trunk.spare.proxy", '"sip:spare.example.com"', "-o"),
        Setting("smtp.relay_networks", "[]", "default"),
    ):
        assert wanted in described


def test_a_secret_is_not_shown(tmp_path: Path):
    (tmp_path / "secret").write_text("hunter2")
    loaded = load(written(tmp_path, 'username = "fax"\npassword_file = "secret"\n'))

    assert Setting("mailer.password", "***", "faxgw.toml") in describe(loaded)
    assert "hunter2" not in f"{loaded} {describe(loaded)}"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sending.atempts=3", '-o sending.atempts: unknown setting, did you mean "attempts"?'),
        ("sending.attempts=many", "-o sending.attempts: must be a whole number from 1 to 100"),
        ("sendin.attempts=3", '-o sendin: unknown section, did you mean "sending"?'),
        (
            "sending.attempts",
            "-o sending.attempts: write section.setting=value, for example sending.attempts=3",
        ),
        ("attempts=3", "-o attempts=3: write section.setting=value, for example sending.attempts=3"),
        ("smtp.domains.x=3", "-o smtp.domains.x=3: domains is no section"),
    ],
)
def test_a_mistake_on_the_command_line_is_named_as_such(tmp_path: Path, override: str, message: str):
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path), [override])

    assert str(caught.value) == message


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"faxgw\.toml: cannot be read: No such file"):
        load(tmp_path / "faxgw.toml")


def test_a_file_that_is_not_text_is_one_clear_line(tmp_path: Path):
    (tmp_path / "faxgw.toml").write_bytes(b"\xff\xfe[smtp]")

    with pytest.raises(ConfigError, match=r"faxgw\.toml: is not UTF-8 text"):
        load(tmp_path / "faxgw.toml")


def test_a_line_that_does_not_answer_needs_no_operators(tmp_path: Path):
    file = tmp_path / "faxgw.toml"
    file.write_text(MINIMAL.replace('operators = "fax-operators@example.com"', "channels = 0"))

    assert load(file).config.receiving.operators == ""


def test_a_password_file_with_more_than_a_password_is_refused(tmp_path: Path):
    (tmp_path / "secret").write_text("user\nhunter2\n")

    with pytest.raises(ConfigError, match="must hold the password and nothing else") as caught:
        load(written(tmp_path, 'password_file = "secret"\n'))
    assert "hunter2" not in str(caught.value)


@given(st.integers(1, 365 * 86400))
def test_a_duration_is_shown_as_it_can_be_read(seconds: int):
    duration = timedelta(seconds=seconds)

    assert values.duration()(values.shown(duration).strip('"')) == duration


@given(st.one_of(st.text(), st.integers(), st.floats(), st.lists(st.text()), st.none(), st.booleans()))
def test_no_value_is_more_than_a_mistake(value: object):
    from gateway.config.rules import RULES

    for reader in RULES.values():
        try:
            reader(value)
        except ValueError as error:
            assert str(error)  # noqa: PT017 - one of many readers


def test_a_number_may_have_several_documents_that_are_told_apart_by_sub_address(tmp_path: Path):
    more = """
    [polling.49301]
    document = "/prices.tif"
    [polling."49301#12"]
    document = "/terms.tif"
    """

    polling = load(written(tmp_path, more), ["polling.49301#13.document=/map.tif"]).config.polling

    assert {name: str(section.document) for name, section in polling.items()} == {
        "49301": "/prices.tif",
        "49301#12": "/terms.tif",
        "49301#13": "/map.tif",
    }


@pytest.mark.parametrize("name", ["+49301", "49301#", "#12", "49301#" + 21 * "1", "49301#x"])
def test_a_document_lies_at_a_number_and_nowhere_else(tmp_path: Path, name: str):
    with pytest.raises(ConfigError, match="the digits of a number"):
        load(written(tmp_path, f'[polling."{name}"]\ndocument = "/x.tif"'))
