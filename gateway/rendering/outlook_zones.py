"""The time zone that an appointment of Outlook was made in.

Spec: [MS-OXOCAL] 2.2.1.39 (PidLidTimeZoneStruct), 2.2.1.41 (definitions); [MS-DTYP] 2.3.13 (SYSTEMTIME).
"""

import struct
from dataclasses import dataclass
from datetime import datetime

from renderers import zones

_HEAD = struct.Struct("<BBHHH")  # version, size of the head, a constant, letters of the name
_RULE = struct.Struct("<4xHH14x3i16s16s")  # flags, year; bias, standard and summer bias; their beginnings
_STRUCT = struct.Struct("<3i2x16s2x16s")
_TIME = struct.Struct("<8H")  # year, month, day of week (0 is Sunday), week, hour, minute ...
_EFFECTIVE = 0x2


@dataclass(frozen=True)
class OutlookZone:
    """A zone and its name."""

    name: str
    zone: zones.Zone

    def words(self, shown: datetime) -> str:
        """What it is called, and how far from UTC it is then."""
        called, offset = zones.zone_words(self.name), zones.offset_words(self.zone.offset(shown))
        return f"{called}, {offset}" if called else offset


def defined(data: bytes) -> OutlookZone | None:
    """The zone that a definition has; None when it has none, or is damaged."""
    try:
        *_, letters = _HEAD.unpack_from(data)
        at = _HEAD.size + 2 * letters
        name = data[_HEAD.size : at].decode("utf-16-le", "replace")
        (count,) = struct.unpack_from("<H", data, at)
        rules = [_RULE.unpack_from(data, at + 2 + number * _RULE.size) for number in range(min(count, 100))]
    except struct.error:
        return None
    effective = [rule for rule in rules if rule[0] & _EFFECTIVE] or rules
    zone = _zone(*effective[-1][2:]) if effective else None
    return OutlookZone(name, zone) if zone else None


def described(data: bytes, name: str) -> OutlookZone | None:
    """The zone of an older file, which names it elsewhere; None when it has none, or is damaged."""
    if len(data) < _STRUCT.size:
        return None
    zone = _zone(*_STRUCT.unpack_from(data))
    return OutlookZone(name, zone) if zone else None


def _zone(bias: int, standard: int, summer: int, to_standard: bytes, to_summer: bytes) -> zones.Zone | None:
    """A bias is what is to be added to what clocks show for UTC, in minutes."""
    day = 24 * 60
    if not all(-day < one < day for one in (bias, standard, summer)):
        return None
    changes = [_change(said) for said in (to_summer, to_standard)]
    if None in changes:
        return zones.Zone(-bias - standard)
    return zones.Zone(-bias - standard, -bias - summer, *changes)


def _change(data: bytes) -> zones.Change | None:
    _, month, weekday, week, hour, minute, *_ = _TIME.unpack(data)
    if 1 <= month <= 12 and weekday <= 6 and 1 <= week <= 5 and hour <= 23 and minute <= 59:
        return zones.Change(month, (weekday + 6) % 7, week, hour, minute)
    return None
