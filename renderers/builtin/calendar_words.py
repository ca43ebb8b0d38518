"""How often something happens, and how long it lasts, in words.

Spec: RFC 5545 3.3.10 (recurrences), 3.3.6 (durations).
"""

from __future__ import annotations

import re
from collections.abc import Callable

_DAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_SETS = {
    ("MO", "TU", "WE", "TH", "FR"): "weekday (Monday to Friday)",
    ("SA", "SU"): "day of the weekend",
    tuple(_DAYS): "day",
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_UNITS = {
    "YEARLY": "year",
    "MONTHLY": "month",
    "WEEKLY": "week",
    "DAILY": "day",
    "HOURLY": "hour",
    "MINUTELY": "minute",
    "SECONDLY": "second",
}
_BY_DAY = re.compile(r"([+-]?\d{1,2})?([A-Z]{2})")
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?"
)


def repeated(rule: str, until: Callable[[str], str]) -> str:
    """A recurrence as "every 2 weeks on Monday and Friday, 10 times"; `until` says how a last day is shown.

    What has no words stays as it is written, in brackets; a rule that is none, whole.
    """
    parts = dict(part.split("=", 1) for part in rule.strip().upper().split(";") if "=" in part)
    try:
        unit, every = _UNITS[parts.pop("FREQ")], int(parts.pop("INTERVAL", "1"))
        parts.pop("WKST", None)
        words = f"every {unit}" if every == 1 else f"every {every} {unit}s"
        words += _days(parts)
        if "COUNT" in parts:
            words += f", {int(parts.pop('COUNT'))} times"
        if "UNTIL" in parts:
            words += f", until {until(parts.pop('UNTIL'))}"
    except (KeyError, ValueError, IndexError):
        return rule
    rest = ";".join(f"{name}={value}" for name, value in parts.items())
    return f"{words} ({rest})" if rest else words


def _days(parts: dict[str, str]) -> str:
    """On which days, in which months; takes what it has words for out of the parts."""
    months = [_MONTHS[_from_one(month)] for month in _list(parts.pop("BYMONTH", ""))]
    in_month = f" in {_and(months)}" if months else ""
    weekdays = _list(parts.pop("BYDAY", ""))
    days = _list(parts.pop("BYMONTHDAY", ""))
    if weekdays:
        found = f" on {_weekdays(weekdays, _list(parts.pop('BYSETPOS', '')))}{in_month}"
        return f"{found}, if it is {_days_of_month(days, 'or')}" if days else found
    if days and len(months) == 1 and all(int(day) > 0 for day in days):
        return f" on {_and([str(int(day)) for day in days])} {months[0]}"
    return f" on {_days_of_month(days)}{in_month}" if days else in_month


def _weekdays(weekdays: list[str], positions: list[str]) -> str:
    found = [_BY_DAY.fullmatch(day) for day in weekdays]
    pairs = [(day[1], day[2]) for day in found if day]
    if len(pairs) != len(weekdays):
        raise ValueError("no weekday")
    names = tuple(name for _, name in pairs)
    if positions:
        in_order = tuple(sorted(names, key=list(_DAYS).index))
        called = _SETS.get(in_order) or _and([_DAYS[name] for name in names], "or")
        return f"{_and([_nth(int(position)) for position in positions])} {called}"
    if any(position for position, _ in pairs):
        return _and(
            [f"{_nth(int(position))} {_DAYS[day]}" if position else _DAYS[day] for position, day in pairs]
        )
    if names == tuple(_DAYS)[:5]:
        return "Monday to Friday"
    return _and([_DAYS[name] for name in names])


def _days_of_month(days: list[str], word: str = "and") -> str:
    last = [f"{_nth(int(day))} day" for day in days if int(day) < 0]
    usual = [str(int(day)) for day in days if int(day) > 0]
    if not usual:
        return _and(last, word)
    numbered = f"day{'s' * (len(usual) > 1)} {_and(usual, word)}"
    return _and([numbered, *last], word)


def _nth(number: int) -> str:
    if number == 0:
        raise ValueError("nothing is the 0th")
    if number == -1:
        return "the last"
    count = abs(number)
    ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"the {count}{ending}{' to last' if number < 0 else ''}"


def _from_one(number: str) -> int:
    """An index from 0 of what is counted from 1.

    Raises:
        ValueError: it is no such number.
    """
    if int(number) < 1:
        raise ValueError("counted from 1")
    return int(number) - 1


def _list(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _and(words: list[str], word: str = "and") -> str:
    return f" {word} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def lasting(duration: str) -> str:
    """A duration as "1 hour, 30 minutes"; as it stands there if it is none."""
    said = _DURATION.fullmatch(duration.strip().upper())
    if said is None:
        return duration
    units = zip(said.groups()[1:], ("week", "day", "hour", "minute", "second"), strict=True)
    words = [f"{int(count)} {unit}{'s' * (int(count) != 1)}" for count, unit in units if count and int(count)]
    return ", ".join(words) or duration
