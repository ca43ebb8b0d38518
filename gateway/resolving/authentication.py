"""What a mail server of ours found out about a mail's sender: the field Authentication-Results.

Anybody can write such a field. Believed is only the topmost one that carries the name of our relay: a relay
puts its own above whatever was there, and takes out those that claim its name (RFC 8601 5).

Spec: RFC 8601 2.2 (the field), 2.7 (methods and their properties).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_LONGEST = 8 * 1024  # characters of a field; more is nobody's result
_TOKEN = re.compile(r"""\s*(?:"((?:[^"\\]|\\.){0,1000})"|([^\s;="()]+)|([;=]))""", re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Result:
    """What one method said."""

    method: str  #: "spf", "dkim", "dmarc"..., in lower case
    result: str  #: "pass", "fail", "none"..., in lower case
    properties: Mapping[str, str] = field(default_factory=dict)  #: "smtp.mailfrom" -> value


@dataclass(frozen=True, slots=True)
class Results:
    """One field."""

    server: str  #: authserv-id: who says it
    results: tuple[Result, ...]


def results_of(fields: Iterable[str], server: str) -> tuple[Result, ...]:
    """What `server` says in the first of these fields that is its own."""
    for text in fields:
        found = parse(text)
        if found is not None and found.server.casefold() == server.casefold():
            return found.results
    return ()


def parse(text: str) -> Results | None:
    """The field, or None when it is none. Results that cannot be read are left out."""
    if len(text) > _LONGEST or (plain := _without_comments(text)) is None:
        return None
    if (tokens := _tokens(plain)) is None:
        return None
    head, *rest = _split(tokens)
    if not head or head[0] in {"=", ";"}:
        return None
    return Results(head[0], tuple(result for part in rest if (result := _result(part)) is not None))


def _without_comments(text: str) -> str | None:
    """The text without (comments), which may hold others; None when they do not end."""
    kept, depth, in_quotes, is_escaped = [], 0, False, False
    for sign in text:
        if is_escaped:
            is_escaped = False
        elif sign == "\\":
            is_escaped = True
        elif sign == '"' and not depth:
            in_quotes = not in_quotes
        elif sign == "(" and not in_quotes:
            depth += 1
            kept.append(" ")
            continue
        elif sign == ")" and not in_quotes and depth:
            depth -= 1
            continue
        if not depth:
            kept.append(sign)
    return None if depth or in_quotes else "".join(kept)


def _tokens(text: str) -> list[str] | None:
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        if (found := _TOKEN.match(text, at)) is None:
            return None
        quoted, plain, sign = found.groups()
        tokens.append(_QUOTED_PAIR.sub(r"\1", quoted) if quoted is not None else plain or sign)
        at = found.end()
    return tokens


def _split(tokens: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in tokens:
        if word == ";":
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _result(tokens: list[str]) -> Result | None:
    """method[/version] = result, and then ptype.property = value; `reason` is for people."""
    pairs = [
        (tokens[at - 1], tokens[at + 1])
        for at in range(1, len(tokens) - 1)
        if tokens[at] == "=" and "=" not in (tokens[at - 1], tokens[at + 1])
    ]
    if not pairs or tokens[1] != "=":
        return None
    (method, result), *properties = pairs
    # The first one counts: no property can be said twice to mean the second.
    known = {name.casefold(): value for name, value in reversed(properties) if "." in name}
    return Result(method.partition("/")[0].casefold(), result.casefold(), known)
