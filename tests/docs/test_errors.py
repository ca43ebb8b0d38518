"""Every error code and every disposition has its heading in docs/errors.md, and no heading is out of date."""

import re
from pathlib import Path

import pytest

import gateway.rendering.worker  # noqa: F401 - errors are known once their modules are
from gateway.errors import GatewayError
from gateway.model.retry import RULES
from renderers import RenderError
from telephony import Disposition

ERRORS = (Path(__file__).parents[2] / "docs/errors.md").read_text()
SECTIONS = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", ERRORS, re.MULTILINE | re.DOTALL))


def codes(cls: type[GatewayError] | type[RenderError]) -> set[str]:
    """The codes of an error and of everything below it."""
    return {cls.code}.union(*(codes(child) for child in cls.__subclasses__()))


KNOWN = {disposition.value for disposition in Disposition} | codes(GatewayError) | codes(RenderError)
BY_HAND = {"cancelled-by-hand"}


def test_every_code_has_its_heading():
    assert set(SECTIONS) == KNOWN | BY_HAND


@pytest.mark.parametrize("disposition", [d for d in Disposition if RULES[d].reason])
def test_the_page_says_what_the_sender_reads(disposition):
    text = " ".join(SECTIONS[disposition.value].split())

    assert RULES[disposition].reason in text
