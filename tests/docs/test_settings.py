"""samples/faxgw.toml is the reference of the settings: it has every one, with the default of schema.py."""

import re
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from gateway.config import values
from gateway.config.load import NAMED, describe, load
from gateway.config.rules import REQUIRED, RULES
from gateway.config.schema import Config
from gateway.config.sources_rules import SOURCES
from gateway.model.secret import Secret

SAMPLES = Path(__file__).parents[2] / "samples"
REFERENCE = SAMPLES / "faxgw.toml"


def settings_of_schema() -> dict[str, Any]:
    """Every setting as it is written, with its default."""
    found: dict[str, Any] = {}
    sections = get_type_hints(Config) | dict(NAMED)
    for section, cls in sections.items():
        if not is_dataclass(cls):
            continue
        hints = get_type_hints(cls)
        for item in fields(cls):
            is_secret = Secret in get_args(hints[item.name])
            found[f"{section}.{item.name}{'_file' if is_secret else ''}"] = getattr(cls(), item.name)
    return found


def settings_of_reference() -> dict[str, tuple[str, str]]:
    """Every setting in the sample: its comment, and the value it is shown with."""
    found, section, comment = {}, "", ""
    for line in REFERENCE.read_text().splitlines():
        if header := re.fullmatch(r"#?\[(\w+)(?:\.\w+)?\]", line):
            section, comment = header[1], ""
        elif setting := re.fullmatch(r"#?(\w+) = (.+)", line):
            found[f"{section}.{setting[1]}"] = (comment, setting[2])
            comment = ""
        else:
            comment = f"{comment}\n{line}" if line else ""
    return found


SCHEMA, DOCUMENTED = settings_of_schema(), settings_of_reference()


def test_every_setting_is_in_the_reference_and_nothing_else_is():
    assert set(DOCUMENTED) == set(SCHEMA)


@pytest.mark.parametrize("key", sorted(SCHEMA))
def test_the_reference_says_the_true_default(key: str):
    comment, shown = DOCUMENTED[key]
    default = re.search(r"^# Default: (.*)$", comment, re.MULTILINE)

    if key in REQUIRED or key.replace("trunk.", "trunk.*.") in REQUIRED:
        assert "Required" in comment
        assert default is None
    elif SCHEMA[key] is None:
        assert default
        assert default[1] == "none"
    else:
        assert default
        assert default[1] == shown
        assert as_read(key, shown) == SCHEMA[key]


def as_read(key: str, shown: str) -> Any:
    section, name = key.split(".")
    value = tomllib.loads(f"value = {shown}")["value"]
    rule = f"{section}.*.{name}" if section in NAMED else key
    if rule in RULES:
        return RULES[rule](value)
    default = SCHEMA[key]
    if isinstance(default, tuple):
        return tuple(value)
    return values.duration()(value) if hasattr(default, "total_seconds") else type(default)(value)


@pytest.mark.parametrize("key", sorted(SCHEMA))
def test_every_setting_is_explained(key: str):
    comment, _ = DOCUMENTED[key]

    explained = [line for line in comment.splitlines() if not line.startswith(("# Default:", "# Required"))]
    assert len(" ".join(explained)) > 15 or key == "mailer.port"


def test_every_rule_is_about_a_setting():
    names = {re.sub(rf"^({'|'.join(NAMED)})\.", r"\1.*.", key) for key in SCHEMA} | {"did.*"}

    assert set(RULES) | set(REQUIRED) <= names


def test_what_is_required_is_not_commented_out():
    written = REFERENCE.read_text()

    for key in REQUIRED:
        assert re.search(rf"^{key.rpartition('.')[2]} = ", written, re.MULTILINE)


@pytest.mark.parametrize("sample", ["faxgw.toml", "minimal.toml"])
def test_the_samples_can_be_served_with(sample: str):
    loaded = load(SAMPLES / sample)

    assert loaded.config.trunk["main"].proxy == "sip:pbx.example.com:5060"


def test_the_reference_changes_no_default(tmp_path: Path):
    """What is commented out is the default: with all of it the configuration is the same."""
    # Sections that are commented out as a whole are examples.
    text = re.sub(r"^#\[.*?(?=^\[)", "", REFERENCE.read_text(), flags=re.MULTILINE | re.DOTALL)
    uncommented = re.sub(r"^#(?=\w+ = )", "", text, flags=re.MULTILINE)
    uncommented = re.sub(r"^password_file.*$", "", uncommented, flags=re.MULTILINE)
    (tmp_path / "faxgw.toml").write_text(uncommented)

    assert load(tmp_path / "faxgw.toml").config == load(REFERENCE).config


def test_every_setting_is_described():
    described = {setting.key for setting in describe(load(REFERENCE))}

    by_example = {
        "directory",
        "permission",
        "deny",
        "tariff",
        "retry",
        "polling",
        *SOURCES,
    }  # until one is written
    there = [key for key in SCHEMA if key.partition(".")[0] not in by_example]
    wanted = {re.sub(r"_file$", "", key).replace("trunk.", "trunk.main.") for key in there}
    assert wanted <= described
