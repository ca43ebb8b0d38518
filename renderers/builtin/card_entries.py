"""What stands in calendars (.ics) and address cards (.vcf), in words.

Spec: RFC 5545 3.6 and 3.8 (components and properties), RFC 5546 1.4 (methods); RFC 6350 6 (cards).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from renderers.builtin.calendar_words import lasting, repeated
from renderers.builtin.calendar_zones import Zones, day_before, zones_in
from renderers.builtin.card_lines import Line, lines_in
from renderers.entities import unescaped

_MOST_ENTRIES = 1000
_ESCAPE = re.compile(r"\\(.)")
_KINDS = re.compile(r"(?i)[;,=\"](home|work|cell|fax|pager|car|video)\b")
_STARTS = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VCARD"})
#: What is shown, in this order, and how it is called.
_SHOWN = {
    "METHOD": "Kind",
    "SUMMARY": "Subject",
    "FN": "Name",
    "N": "Name",
    "TITLE": "Position",
    "ORG": "Company",
    "RECURRENCE-ID": "Instead of",
    "DTSTART": "Begins",
    "DTEND": "Ends",
    "DUE": "Due",
    "DURATION": "Lasts",
    "RRULE": "Repeats",
    "RDATE": "Also on",
    "EXDATE": "Except",
    "LOCATION": "Place",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Participant",
    "STATUS": "Status",
    "PERCENT-COMPLETE": "Done",
    "COMPLETED": "Done on",
    "TEL": "Telephone",
    "EMAIL": "Mail",
    "ADR": "Address",
    "URL": "Web page",
    "BDAY": "Birthday",
    "DESCRIPTION": "Text",
    "NOTE": "Note",
}
_METHODS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancellation",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Proposal of another time",
    "DECLINECOUNTER": "Another time is declined",
}
_ANSWERS = {
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "accepted tentatively",
    "DELEGATED": "sends somebody else",
}
_WHEN = frozenset({"DTSTART", "DTEND", "DUE", "COMPLETED", "RECURRENCE-ID"})
#: Google's texts are HTML.
_HTML = re.compile(r"(?i)</?(?:br|p|a|b|i|u|ul|ol|li|div|span)\b[^<>]{0,1000}>")
_BREAKS = re.compile(r"(?i)<(?:br|/p|/li|/div)\b[^<>]{0,1000}>")


@dataclass
class Entry:
    """One event, task or person: what it says, by the names of `_SHOWN`."""

    rows: dict[str, list[str]] = field(default_factory=dict)
    zone: str = ""  #: that it begins in, as the file calls it


def entries(text: str) -> list[Entry]:
    """The entries of a calendar or card file that say something."""
    lines = list(lines_in(text))
    zones, method = zones_in(lines), ""
    found: dict[int, Entry] = {}
    for line in lines:
        if line.inside[-1] in _STARTS and line.name in _SHOWN:
            entry = found.setdefault(line.number, Entry())
            if line.name == "DTSTART":
                entry.zone = line.parameter("TZID")
        elif line.inside == ("VCALENDAR",) and line.name == "METHOD":
            method = _METHODS.get(line.value.strip().upper(), "")
    for line in lines:
        if line.number in found and line.name in _SHOWN:
            _add(found[line.number], line, zones)
    said = [entry for entry in found.values() if entry.rows]
    for entry in said:
        if "FN" in entry.rows:
            entry.rows.pop("N", None)
        if method:
            entry.rows["METHOD"] = [method]
    return said[:_MOST_ENTRIES]


def labelled(entry: Entry) -> Iterator[tuple[str, str]]:
    """What an entry says, each with what it is called, in the order people want to know it."""
    for name, label in _SHOWN.items():
        for value in entry.rows.get(name, ()):
            yield label, value


def _add(entry: Entry, line: Line, zones: Zones) -> None:
    shown = _words(line, entry.zone, zones)
    shown = _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], shown).strip()
    if line.name in ("DESCRIPTION", "NOTE") and _HTML.search(shown):
        shown = _without_tags(shown)
    if not shown:
        return
    rows = entry.rows.setdefault(line.name, [])
    if line.name in ("EXDATE", "RDATE") and rows:
        rows[0] += f"; {shown}"
    else:
        rows.append(shown)


def _words(line: Line, zone: str, zones: Zones) -> str:
    """What a line says to people; `zone` is the one that its entry begins in."""
    name, value, own_zone = line.name, line.value.strip(), line.parameter("TZID")
    if name == "DTEND" and re.fullmatch(r"\d{8}", value):
        value = day_before(value)  # it names the day behind the last one (RFC 5545 3.6.1)
    if name in _WHEN:
        return zones.moment(value, own_zone)
    if name == "RRULE":
        return repeated(value, lambda last: zones.day(last, zone))
    if name in ("EXDATE", "RDATE"):
        return "; ".join(
            zones.day(one.strip().partition("/")[0], own_zone or zone) for one in value.split(",")
        )
    if name in _SIMPLE:
        return _SIMPLE[name](line)
    return value


def _of_pieces(line: Line) -> str:
    return ", ".join(piece for piece in re.split(r"(?<!\\);", line.value) if piece)


def _birthday(line: Line) -> str:
    value = line.value.strip()
    return f"{value[:4]}-{value[4:6]}-{value[6:]}" if re.fullmatch(r"\d{8}", value) else value


def _status(line: Line) -> str:
    return line.value.strip().replace("-", " ").capitalize()


def _number(line: Line) -> str:
    """A telephone number and what it is for, as "work, fax"."""
    kinds = ", ".join(dict.fromkeys(kind.lower() for kind in _KINDS.findall(line.parameters)))
    number = re.sub(r"(?i)^tel:", "", line.value)
    return f"{number} ({kinds})" if kinds else number


def _person(line: Line) -> str:
    """Name and address, and what is known of whether he comes."""
    mail = re.sub(r"(?i)^mailto:", "", line.value.strip())
    name = line.parameter("CN")
    person = f"{name} <{mail}>" if name and name.lower() != mail.lower() else mail
    facts = (
        "need not come" if line.parameter("ROLE").upper() == "OPT-PARTICIPANT" else "",
        _ANSWERS.get(line.parameter("PARTSTAT").upper(), "") if line.name == "ATTENDEE" else "",
    )
    known = ", ".join(filter(None, facts))
    return f"{person} ({known})" if known else person


_SIMPLE: dict[str, Callable[[Line], str]] = {
    "ORGANIZER": _person,
    "ATTENDEE": _person,
    "TEL": _number,
    "ADR": _of_pieces,
    "ORG": _of_pieces,
    "N": _of_pieces,
    "BDAY": _birthday,
    "STATUS": _status,
    "DURATION": lambda line: lasting(line.value),
    "PERCENT-COMPLETE": lambda line: f"{line.value.strip()} %",
}


def _without_tags(text: str) -> str:
    lines = unescaped(_HTML.sub("", _BREAKS.sub("\n", text))).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in lines)).strip()
