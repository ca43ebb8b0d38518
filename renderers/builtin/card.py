"""Calendar entries (.ics) and address cards (.vcf) as pages one can read.

Spec: RFC 5545 3.1 (lines), 3.2 (parameters), 3.3.11 (text); RFC 6350 3.3 says the same of cards.
"""

from __future__ import annotations

import html
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from renderers.builtin.html import html_pages
from renderers.charset import decoded
from renderers.document import SourceDocument
from renderers.errors import DocumentEmpty, DocumentTooLarge
from renderers.media_type import ICS, VCF
from renderers.spec import BUILTIN, NOT_MINE, RasterPage, Workshop

_MOST_BYTES = 5_000_000
_MOST_ENTRIES = 1000
_FOLD = re.compile(r"\r?\n[ \t]")
_SOFT_BREAK = re.compile(r"=\r?\n")
_LINE = re.compile(r"(?:[\w-]+\.)?([\w-]+)((?:;[^:;\"]*(?:\"[^\"]*\"[^:;\"]*)*)*):(.*)")
_CHARSET = re.compile(r"(?i)CHARSET=\"?([\w-]+)")
_ESCAPE = re.compile(r"\\(.)")
_KINDS = re.compile(r"(?i)[;,=\"](home|work|cell|fax|pager|car|video)\b")
_STARTS = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VCARD"})
#: What is shown, in this order, and how it is called.
_SHOWN = {
    "SUMMARY": "Subject",
    "FN": "Name",
    "N": "Name",
    "TITLE": "Position",
    "ORG": "Company",
    "DTSTART": "Begins",
    "DTEND": "Ends",
    "DUE": "Due",
    "DURATION": "Lasts",
    "RRULE": "Repeats",
    "LOCATION": "Place",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Participant",
    "STATUS": "Status",
    "TEL": "Telephone",
    "EMAIL": "Mail",
    "ADR": "Address",
    "URL": "Web page",
    "BDAY": "Birthday",
    "DESCRIPTION": "Text",
    "NOTE": "Note",
}
_WHEN = frozenset({"DTSTART", "DTEND", "DUE", "BDAY"})
_STYLE = (
    "<style>body{font:11pt 'Liberation Sans',sans-serif} table{border-collapse:collapse;width:100%;"
    "margin-bottom:8mm} td{padding:1.5mm 3mm;border-bottom:1px solid #000;vertical-align:top;"
    "white-space:pre-wrap} td:first-child{width:28mm;font-weight:bold}</style>"
)


@dataclass
class Entry:
    """One event, task or person: what it says, by the names of `_SHOWN`."""

    rows: dict[str, list[str]] = field(default_factory=dict)


class CardRenderer:
    """Calendars and cards: a table for each entry."""

    name = "card"

    def score(self, document: SourceDocument) -> int:
        """Accepts calendars and cards."""
        return BUILTIN if document.media_type in (ICS, VCF) else NOT_MINE

    def pages(self, document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
        """What the entries say, without what only programs read."""
        if document.path.stat().st_size > _MOST_BYTES:
            raise DocumentTooLarge(document.name)
        found = entries(decoded(document.path.read_bytes(), document.charset))
        if not found:
            raise DocumentEmpty(document.name)
        page = "<!doctype html><meta charset=utf-8>" + _STYLE + "".join(map(_table, found))
        return html_pages(page.encode(), document, workshop)


def entries(text: str) -> list[Entry]:
    """The entries of a calendar or card file that say something."""
    found: list[Entry] = []
    inside: list[str] = []
    for line in _FOLD.sub("", _without_soft_breaks(text)).splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is None:
            continue
        name, parameters, value = match[1].upper(), match[2], match[3]
        if name == "BEGIN":
            inside.append(value.strip().upper())
            if inside[-1] in _STARTS:
                found.append(Entry())
        elif name == "END":
            del inside[-1:]
        elif name in _SHOWN and inside and inside[-1] in _STARTS and found:
            _add(found[-1], name, parameters, value)
    for entry in found:
        if "FN" in entry.rows:
            entry.rows.pop("N", None)
    return [entry for entry in found if entry.rows][:_MOST_ENTRIES]


def _without_soft_breaks(text: str) -> str:
    """VCard 2.1 breaks quoted-printable lines with a "=" at their end."""
    return _SOFT_BREAK.sub("", text) if "QUOTED-PRINTABLE" in text.upper() else text


def _add(entry: Entry, name: str, parameters: str, value: str) -> None:
    if "QUOTED-PRINTABLE" in parameters.upper():
        charset = _CHARSET.search(parameters)
        value = decoded(quopri.decodestring(value.encode()), charset[1] if charset else None)
    if name == "DTEND" and re.fullmatch(r"\d{8}", value):
        value = _day_before(value)
    if name in _WHEN:
        value = _when(value, parameters)
    elif name in ("ORGANIZER", "ATTENDEE"):
        value = _person(value, parameters)
    elif name == "TEL":
        value = _number(value, parameters)
    elif name in ("ADR", "ORG", "N"):
        value = ", ".join(piece for piece in re.split(r"(?<!\\);", value) if piece)
    shown = _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()
    if shown:
        entry.rows.setdefault(name, []).append(shown)


def _when(value: str, parameters: str) -> str:
    for shape, shown in (("%Y%m%dT%H%M%SZ", "%Y-%m-%d %H:%M UTC"), ("%Y%m%dT%H%M%S", "%Y-%m-%d %H:%M")):
        try:
            zone = re.search(r"TZID=\"?([^;\":]+)", parameters)
            when = datetime.strptime(value, shape).strftime(shown)  # noqa: DTZ007  the zone is only shown
        except ValueError:
            continue
        return f"{when} ({zone[1]})" if zone else when
    return f"{value[:4]}-{value[4:6]}-{value[6:]}" if re.fullmatch(r"\d{8}", value) else value


def _day_before(value: str) -> str:
    """The last day of an entry of whole days: it names the one behind it (RFC 5545 3.6.1)."""
    try:
        return f"{datetime.strptime(value, '%Y%m%d') - timedelta(days=1):%Y%m%d}"  # noqa: DTZ007  a day
    except (ValueError, OverflowError):
        return value


def _number(value: str, parameters: str) -> str:
    """A telephone number and what it is for, as "work, fax"."""
    kinds = ", ".join(dict.fromkeys(kind.lower() for kind in _KINDS.findall(parameters)))
    number = re.sub(r"(?i)^tel:", "", value)
    return f"{number} ({kinds})" if kinds else number


def _person(value: str, parameters: str) -> str:
    mail = re.sub(r"(?i)^mailto:", "", value)
    name = re.search(r"CN=(?:\"([^\"]*)\"|([^;:]*))", parameters)
    return f"{name[1] or name[2]} <{mail}>" if name else mail


def _table(entry: Entry) -> str:
    rows = [
        f"<tr><td>{label}<td>{html.escape(value)}"
        for name, label in _SHOWN.items()
        for value in entry.rows.get(name, ())
    ]
    return f"<table>{''.join(rows)}</table>"
