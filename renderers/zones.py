"""Time zones as calendars describe them: how far from UTC, and when clocks are changed each year.

Spec: RFC 5545 3.6.5; [MS-OXOCAL] 2.2.1.39 says the same in other words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_LAST = 5  # week of a month
_REGION = re.compile(r"\b(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)/.+")
#: Names that only programs know; and what stands before or behind those that people know.
_NO_NAME = re.compile(r"(?i)tzone:|custom|floating|^\s*$")
_OFFSET_BEFORE = re.compile(r"^\((?:UTC|GMT)[^)]{0,12}\)\s*")
_STANDARD = re.compile(r"\b(?:Standard|Daylight) Time$")


@dataclass(frozen=True)
class Change:
    """The moment of a year at which clocks are changed, as they show it before."""

    month: int
    weekday: int  #: 0 is Monday
    week: int  #: which of these weekdays of the month, from 1; 5 is the last one
    hour: int = 2
    minute: int = 0

    def in_year(self, year: int) -> datetime:
        """When it is.

        Raises:
            ValueError: there is no such day or month.
        """
        if self.week == _LAST:
            last = _first_of_next(year, self.month) - timedelta(days=1)
            day = last - timedelta(days=(last.weekday() - self.weekday) % 7)
        else:
            first = datetime(year, self.month, 1)  # noqa: DTZ001  what clocks show
            day = first + timedelta(days=(self.weekday - first.weekday()) % 7 + 7 * (self.week - 1))
        return day + timedelta(hours=self.hour, minutes=self.minute)


@dataclass(frozen=True)
class Zone:
    """Offsets are minutes that clocks are ahead of UTC."""

    standard: int
    summer: int = 0
    to_summer: Change | None = None  #: None where clocks are never changed
    to_standard: Change | None = None

    def offset(self, shown: datetime) -> int:
        """The offset when clocks show this."""
        if self.to_summer is None or self.to_standard is None:
            return self.standard
        begins, ends = self.to_summer.in_year(shown.year), self.to_standard.in_year(shown.year)
        is_summer = begins <= shown < ends if begins < ends else not ends <= shown < begins
        return self.summer if is_summer else self.standard

    def shown(self, utc: datetime) -> datetime:
        """What clocks show at a moment of UTC, both without a zone of Python's."""
        usual = utc + timedelta(minutes=self.standard)
        if self.to_summer is None or self.to_standard is None:
            return usual
        begins = self.to_summer.in_year(usual.year)
        ends = self.to_standard.in_year(usual.year) - timedelta(minutes=self.summer - self.standard)
        is_summer = begins <= usual < ends if begins < ends else not ends <= usual < begins
        return utc + timedelta(minutes=self.summer if is_summer else self.standard)


def region_in(name: str) -> str:
    """The name that computers know a zone by, as Europe/Berlin, or ""."""
    region = _REGION.search(name)
    return region[0] if region else ""


def zone_words(name: str) -> str:
    """A zone's name for people, whatever a program calls it; "" when it has none for them."""
    if region := region_in(name):
        return region
    if name.lower().endswith("/utc"):
        return "UTC"
    if _NO_NAME.search(name):
        return ""
    return _STANDARD.sub("time", _OFFSET_BEFORE.sub("", name)).strip()


def offset_words(minutes: int) -> str:
    """An offset as people write it: UTC, UTC+1, UTC-3:30."""
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}{f':{rest:02}' if rest else ''}" if minutes else "UTC"


def moment_words(shown: datetime, zone: str, *, is_day: bool = False) -> str:
    """A moment or day as one reads it: Monday, 2026-11-23, 08:30 (Europe/Berlin, UTC+1)."""
    day = f"{shown:%A}, {shown:%Y-%m-%d}"
    if is_day:
        return day
    return f"{day}, {shown:%H:%M}{f' ({zone})' if zone else ''}"


def _first_of_next(year: int, month: int) -> datetime:
    return datetime(year + month // 12, month % 12 + 1, 1)  # noqa: DTZ001  a day
