"""Every way a fax can end has words."""

import pytest

import renderers.errors
from gateway import errors
from gateway.model.retry import RULES
from gateway.notifying import words
from gateway.rendering.worker import NothingToFax
from telephony import Disposition


def codes(cls: type) -> set[str]:
    return {cls.code}.union(*(codes(child) for child in cls.__subclasses__()))


ALL = {
    *Disposition,
    *codes(errors.PermanentError),
    *codes(renderers.errors.RenderError),
    NothingToFax.code,
    "cancelled-by-hand",
}


@pytest.mark.parametrize("code", sorted(ALL))
def test_there_are_words_for_it(code):
    assert words.WORDS[code]


def test_there_are_no_words_for_what_does_not_happen():
    assert set(words.WORDS) == {str(code) for code in ALL}


@pytest.mark.parametrize("disposition", [d for d in Disposition if d not in {"delivered", "cancelled"}])
def test_what_a_job_can_fail_with_has_a_reason_and_a_remedy(disposition):
    assert RULES[disposition].reason
    assert RULES[disposition].remedy


def test_an_unknown_code_is_told_truly():
    assert words.in_words("brand-new") == "it could not be sent"


@pytest.mark.parametrize(
    ("confirmed", "count", "told"), [(0, 0, ""), (2, 2, "2"), (0, 3, "3"), (1, 3, "1 of 3 arrived")]
)
def test_pages_in_words(confirmed, count, told):
    assert words.pages_in_words(confirmed, count) == told


@pytest.mark.parametrize(("seconds", "told"), [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s")])
def test_durations_in_words(seconds, told):
    assert words.duration_in_words(seconds) == told
