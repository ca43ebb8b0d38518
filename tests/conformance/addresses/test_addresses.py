"""Addresses as data: what each dialect reads, and what is refused and why. One file a dialect."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway.config.schema import AddressesSection, SmtpSection
from gateway.intake.accept import Gatekeeper
from gateway.intake.addresses import DIALECTS
from gateway.model.submission import Recipient

TABLES = sorted(Path(__file__).parent.glob("*.toml"))
ROWS = [(table.stem, row) for table in TABLES for row in tomllib.loads(table.read_text())["address"]]
PARTS = {"name": "", "company": ""}
OPTIONS = {
    "cover": "",
    "sender_name": "",
    "resolution": "",
    "attempts": None,
    "billing_code": "",
    "trunk": "",
    "priority": "",
    "tones": "",
    "sub_address": "",
    "not_done": [],
}
SECTION = SmtpSection(domains=("fax.example.com",))


def read(address: str, dialects: tuple[str, ...]) -> Recipient | bytes:
    return Gatekeeper(SECTION, AddressesSection(dialects)).recipient(address)


def facts(recipient: Recipient) -> dict[str, Any]:
    found = {"number": recipient.number.digits}
    found |= {part: getattr(recipient, part) for part in PARTS}
    return (
        found
        | {name: getattr(recipient.options, name) for name in OPTIONS}
        | {"not_done": list(recipient.options.not_done)}
    )


@pytest.mark.parametrize(("dialect", "row"), ROWS, ids=[f"{d}-{r['text']}" for d, r in ROWS])
def test_the_address_is_read_as_its_dialect_says(dialect: str, row: dict[str, Any]):
    expected = {key: value for key, value in row.items() if key not in {"text", "dialects"}}

    found = read(row["text"], tuple(row.get("dialects", [dialect])))

    if "refused" in expected:
        assert isinstance(found, bytes)
        assert found.decode("ascii").startswith(expected["refused"])
    else:
        assert isinstance(found, Recipient)
        assert facts(found) == PARTS | OPTIONS | expected


@pytest.mark.parametrize(("dialect", "row"), ROWS, ids=[f"{d}-{r['text']}" for d, r in ROWS])
def test_no_other_dialect_dials_another_number(dialect: str, row: dict[str, Any]):
    """With all dialects on, nobody takes an address away from the one it belongs to."""
    alone = read(row["text"], (dialect,))

    together = read(row["text"], tuple(DIALECTS))

    if isinstance(alone, Recipient):
        assert together == alone


def test_every_dialect_has_its_table():
    assert {table.stem for table in TABLES} == set(DIALECTS)
