"""What the dialects have in common: how a number looks, and KEY=value between slashes."""

import re

# As people write it, with what may be behind it: pauses and extensions are refused later, with their reason.
# Each class is disjoint from what follows it, so that no text costs more than its length.
_NUMBER = re.compile(
    r"\s*(?=[^0-9]{0,6}[0-9])[+0-9*#(\[][0-9*#()\[\].\-/\s\u2010-\u2015\u00a0]{0,60}"
    r"(?:(?:[,;|pPwW]|[xX]|[eE][xX][tT]\.?)[0-9*#,;|pPwW\s]{0,40})?",
    re.ASCII,
)
_SETTING = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,30})=(.*)", re.DOTALL)
_MAX_SETTINGS = 16


def is_number(text: str) -> bool:
    """Whether the text looks like a number to dial, rather than like a name."""
    return _NUMBER.fullmatch(text) is not None


def settings(parts: list[str]) -> list[tuple[str, str]] | None:
    """Each KEY=value as (key in lower case, value), or None when something else is among them."""
    found = [_SETTING.fullmatch(part) for part in parts]
    if len(parts) > _MAX_SETTINGS or not all(found):
        return None
    return [(match[1].lower(), match[2]) for match in found if match is not None]


def spaced(text: str) -> str:
    """A name in which "_" stands for a space."""
    return " ".join(text.replace("_", " ").split())
