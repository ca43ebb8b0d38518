"""Moments of a calendar file with the time zone they are in: its own rules, or those the name is known by.

Programs name zones in many ways: Europe/Berlin, /freeassociation.sourceforge.net/Europe/Berlin,
W. Europe Standard Time (in summer, too), (UTC+01:00) Amsterdam, Berlin.

Spec: RFC 5545 3.6.5 (VTIMEZONE), 3.3.4 and 3.3.5 (dates and times).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from renderers.builtin.card_lines import Line
from renderers.zones import Change, Zone, moment_words, offset_words, region_in, zone_words

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOMENT = re.compile(r"(\d{8})T(\d{4})(?:\d\d)?(Z?)")
_DAY = re.compile(r"\d{8}")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)(?:\d\d)?")
_BY_DAY = re.compile(r"(-1|[1-5])?([A-Z]{2})")


@dataclass
class Zones:
    """The zones of a file by name, and the one that times of UTC shall be shown in, if any."""

    described: dict[str, Zone] = field(default_factory=dict)
    home: str = ""

    def moment(self, value: str, zone: str) -> str:
        """A date or time of the file in words; as it stands there if it is neither."""
        shown = self.parsed(value, zone)
        if shown is None:
            return value
        if _DAY.fullmatch(value):
            return moment_words(shown, "", is_day=True)
        name = (self.home or "UTC") if value.endswith("Z") else zone
        return moment_words(shown, self._words(name, shown))

    def day(self, value: str, zone: str) -> str:
        """Its day as 2026-11-23, without a time; as it stands there if it is none."""
        shown = self.parsed(value, zone)
        return value if shown is None else f"{shown:%Y-%m-%d}"

    def parsed(self, value: str, zone: str) -> datetime | None:
        """What clocks show then, in the zone, or at home when the file says UTC; None if it is no moment."""
        try:
            if _DAY.fullmatch(value):
                return datetime.strptime(value, "%Y%m%d")  # noqa: DTZ007  a day
            if (said := _MOMENT.fullmatch(value)) is None:
                return None
            shown = datetime.strptime(said[1] + said[2], "%Y%m%d%H%M")  # noqa: DTZ007  what clocks show
            return self._from_utc(shown, self.home or zone) if said[3] else shown
        except (ValueError, OverflowError):
            return None

    def _from_utc(self, utc: datetime, name: str) -> datetime:
        if (described := self.described.get(name)) is not None:
            return described.shown(utc)
        known = _known(name)
        return utc.replace(tzinfo=UTC).astimezone(known).replace(tzinfo=None) if known else utc

    def _words(self, name: str, shown: datetime) -> str:
        """The zone as one calls it, and how far it is from UTC then, as far as that is known."""
        if name == "UTC" or (not name and not self.described):
            return name
        called = zone_words(name)
        offset = self._offset(name, shown)
        return ", ".join(filter(None, (called, "" if offset is None else offset_words(offset))))

    def _offset(self, name: str, shown: datetime) -> int | None:
        try:
            if (described := self.described.get(name)) is not None:
                return described.offset(shown)
            known = _known(name)
            ahead = known.utcoffset(shown) if known else None
        except (ValueError, OverflowError):
            return None
        return None if ahead is None else int(ahead.total_seconds() // 60)


def zones_in(lines: Sequence[Line]) -> Zones:
    """The time zones of a file."""
    found = Zones()
    ids: dict[int, str] = {}
    rules: dict[int, dict[str, str]] = {}
    zone = 0
    for line in lines:
        if line.inside[-1] == "VTIMEZONE" and line.name == "TZID":
            zone = line.number
            ids[zone] = line.value.strip()
        elif line.inside[-1] in ("STANDARD", "DAYLIGHT") and "VTIMEZONE" in line.inside:
            rules.setdefault(line.number, {"kind": line.inside[-1], "of": str(zone)})[line.name] = line.value
        elif line.name == "X-WR-TIMEZONE" and _known(line.value.strip()):
            found.home = line.value.strip()
    for number, name in ids.items():
        if (made := _zone([rule for rule in rules.values() if rule["of"] == str(number)])) is not None:
            found.described[name] = made
    if not found.home and len(ids) == 1:
        found.home = next(iter(ids.values()))  # nothing else is what UTC could be meant for
    return found


def _zone(rules: list[dict[str, str]]) -> Zone | None:
    """The zone with its present rules; None when they are more than we understand."""
    standard, summer = (_present(rules, kind) for kind in ("STANDARD", "DAYLIGHT"))
    if standard is None or (usual := _minutes(standard.get("TZOFFSETTO", ""))) is None:
        return None
    if summer is None:
        return Zone(usual)
    to_summer, to_standard = _change(summer), _change(standard)
    in_summer = _minutes(summer.get("TZOFFSETTO", ""))
    if to_summer is None or to_standard is None or in_summer is None:
        return None
    return Zone(usual, in_summer, to_summer, to_standard)


def _present(rules: list[dict[str, str]], kind: str) -> dict[str, str] | None:
    """The last rule of a kind; those with an end are history unless there are no others."""
    of_kind = [rule for rule in rules if rule["kind"] == kind]
    lasting = [rule for rule in of_kind if "UNTIL" not in rule.get("RRULE", "")]
    if kind == "DAYLIGHT":
        of_kind = [rule for rule in lasting if "RRULE" in rule]  # a summer of long ago is no summer time
    return max(lasting or of_kind, key=lambda rule: rule.get("DTSTART", ""), default=None)


def _change(rule: dict[str, str]) -> Change | None:
    """The yearly change that a rule names; also as "SU" with seven days of the month, as Outlook wrote."""
    parts = dict(part.split("=", 1) for part in rule.get("RRULE", "").upper().split(";") if "=" in part)
    day = _BY_DAY.fullmatch(parts.get("BYDAY", ""))
    starts = _MOMENT.match(rule.get("DTSTART", ""))
    month = parts.get("BYMONTH", "")
    if not day or not starts or day[2] not in _WEEKDAYS or not month.isdecimal():
        return None
    if day[1]:
        week = 5 if day[1] == "-1" else int(day[1])
    else:
        days = [int(one) for one in parts.get("BYMONTHDAY", "").split(",") if one.isdecimal()]
        if not days:
            return None
        week = (min(days) - 1) // 7 + 1
    if not 1 <= int(month) <= 12:
        return None
    return Change(int(month), _WEEKDAYS.index(day[2]), week, int(starts[2][:2]), int(starts[2][2:]))


def _minutes(offset: str) -> int | None:
    said = _OFFSET.fullmatch(offset.strip())
    if said is None:
        return None
    minutes = int(said[2]) * 60 + int(said[3])
    return -minutes if said[1] == "-" else minutes


def _known(name: str) -> ZoneInfo | None:
    """The zone that computers know by this name, or by its end."""
    try:
        return ZoneInfo(region_in(name) or name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def day_before(day: str) -> str:
    """The day before YYYYMMDD; what it says if it is no day."""
    try:
        return f"{datetime.strptime(day, '%Y%m%d') - timedelta(days=1):%Y%m%d}"  # noqa: DTZ007  a day
    except (ValueError, OverflowError):
        return day
