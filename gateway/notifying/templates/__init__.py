"""The words of answers: a folder a language, a text and an HTML file a kind.

A file of text begins with `Subject:`. `$name` is a fact. A line whose facts are all unknown is left out, so
that one file serves a fax with and without them.
"""

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

_FACT = re.compile(r"\$([a-z_]+)")
_BLANKS = re.compile(r"\n{3,}")


def fill_text(kind: str, facts: Mapping[str, str], language: str = "en") -> tuple[str, str]:
    """Subject and text of an answer."""
    text = _filled(_template(language, f"{kind}.txt"), facts)
    subject, _, body = text.partition("\n")
    return subject.removeprefix("Subject: "), _BLANKS.sub("\n\n", body).strip() + "\n"


def fill_html(kind: str, facts: Mapping[str, str], language: str = "en") -> str:
    """The HTML of an answer. Facts are text: whatever looks like HTML in them is shown, not obeyed."""
    shown = {name: escape(fact).replace("\n", "<br>\n") for name, fact in facts.items()}
    return _filled(_template(language, f"{kind}.html"), shown)


@cache
def _template(language: str, name: str) -> str:
    return (files(__package__) / language / name).read_text(encoding="utf-8")


def _filled(template: str, facts: Mapping[str, str]) -> str:
    lines = []
    for line in template.splitlines():
        names = _FACT.findall(line)
        if not names or any(facts.get(name) for name in names):
            lines.append(Template(line).substitute({name: facts.get(name, "") for name in names}))
    return "\n".join(lines) + "\n"
