"""Every error code and every disposition has its heading in docs/errors.md, and no heading is out of date.

`python -m tests.docs.test_errors` writes the table of what happens after a call anew.
"""

import re
from pathlib import Path

import pytest

import gateway.rendering.worker  # noqa: F401 - errors are known once their modules are
from gateway.errors import GatewayError
from gateway.model.retry import RULES, FollowUp, Wait
from renderers import RenderError
from telephony import Disposition

PAGE = Path(__file__).parents[2] / "docs/errors.md"
ERRORS = PAGE.read_text()
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


_WHAT = {
    FollowUp.FINISH: "finished",
    FollowUp.REDIAL: "called again",
    FollowUp.POSTPONE: "postponed",
    FollowUp.REFUSE: "fails",
}
_WHEN = {
    Wait.DELAY: "after `sending.delay`",
    Wait.BUSY: "after `sending.busy_delay`",
    Wait.NO_ANSWER: "after `sending.no_answer_delay`",
    Wait.TRUNK: "after a minute, or `sending.delay` if that is shorter",
    Wait.NONE: "at once",
}


def table() -> str:
    """The rows of gateway/model/retry.py, for people."""
    lines = ["| code | what happens to the job | when |", "| --- | --- | --- |"]
    for disposition, rule in RULES.items():
        what, when = _WHAT[rule.follow_up], _WHEN[rule.wait]
        if rule.at_most:
            what += f"; at most {rule.at_most} calls may end so"
        if rule.follow_up is FollowUp.POSTPONE and rule.reason:
            what += ", for `sending.give_up_after` at most"
        lines.append(f"| {disposition} | {what} | {'' if rule.follow_up is FollowUp.FINISH else when} |")
    return "\n".join(lines)


def with_table(page: str) -> str:
    """The page with the table as it is now."""
    return re.sub(r"\| code \|.*?(?=\n\n)", lambda _: table(), page, count=1, flags=re.DOTALL)


def test_the_page_shows_what_happens_after_a_call():
    assert with_table(ERRORS) == ERRORS


if __name__ == "__main__":
    PAGE.write_text(with_table(ERRORS))
