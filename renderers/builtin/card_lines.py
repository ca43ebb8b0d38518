"""The lines of calendar and card files: a name, parameters and a value, and what they stand in.

Spec: RFC 5545 3.1 (lines), 3.2 (parameters), 3.3.11 (text); RFC 6350 3.3 says the same of cards.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass

from renderers.charset import decoded

_FOLD = re.compile(r"\r?\n[ \t]")
_SOFT_BREAK = re.compile(r"=\r?\n")
_LINE = re.compile(r"(?:[\w-]+\.)?([\w-]+)((?:;[^:;\"]*(?:\"[^\"]*\"[^:;\"]*)*)*):(.*)", re.DOTALL)
_PARAMETER = re.compile(r";([\w-]+)=((?:\"[^\"]*\"|[^;\"])*)")
#: Exchange writes zones with a colon without quotes: DTSTART;TZID=(UTC+01:00) Berlin:20261123T083000.
_ZONE_WITH_COLON = re.compile(r"([^;\"]*):(\d{8}(?:T\d{6}Z?)?)")
_END_OF_LINE = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Line:
    """One line that is no BEGIN or END; `number` counts the components of the file, outer ones first."""

    inside: tuple[str, ...]  #: the components it stands in, as ("VCALENDAR", "VEVENT")
    number: int
    name: str
    parameters: str
    value: str

    def parameter(self, name: str) -> str:
        """What a parameter says, without quotes, or ""."""
        for found in _PARAMETER.finditer(self.parameters):
            if found[1].upper() == name:
                return found[2].replace('"', "").strip()
        return ""


def lines_in(text: str) -> Iterator[Line]:
    """The lines of a file, unfolded and decoded; what is none is left out."""
    inside: list[tuple[str, int]] = []
    count = 0
    for line in _END_OF_LINE.split(_FOLD.sub("", _without_soft_breaks(text))):
        match = _LINE.fullmatch(line.strip())
        if match is None:
            continue
        name, parameters, value = match[1].upper(), match[2], match[3]
        if name == "BEGIN":
            count += 1
            inside.append((value.strip().upper(), count))
        elif name == "END":
            del inside[-1:]
        elif inside:
            names = tuple(component for component, _ in inside)
            yield _decoded(Line(names, inside[-1][1], name, parameters, value))


def _decoded(line: Line) -> Line:
    if "TZID=" in line.parameters and (said := _ZONE_WITH_COLON.fullmatch(line.value.strip())):
        return Line(line.inside, line.number, line.name, f"{line.parameters}:{said[1]}", said[2])
    if "QUOTED-PRINTABLE" not in line.parameters.upper():
        return line
    value = decoded(quopri.decodestring(line.value.encode()), line.parameter("CHARSET") or None)
    return Line(line.inside, line.number, line.name, line.parameters, value)


def _without_soft_breaks(text: str) -> str:
    """VCard 2.1 breaks quoted-printable lines with a "=" at their end."""
    return _SOFT_BREAK.sub("", text) if "QUOTED-PRINTABLE" in text.upper() else text
