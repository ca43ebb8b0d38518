"""Quiet hours: a time of the day in which faxes of some priorities wait."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begin` until before `end`, every day, on the clocks of `zone` (None: the machine's)."""

    begin: time
    end: time
    zone: tzinfo | None
    priorities: frozenset[str]

    @classmethod
    def read(cls, text: str, zone: tzinfo | None, priorities: Collection[str]) -> "QuietHours":
        """Quiet hours written as "22:00-06:30".

        Raises:
            ValueError: they are written in another way, or have no length.
        """
        if not (found := _HOURS.fullmatch(text)):
            raise ValueError('must be two times of the day, for example "22:00-06:30"')
        begin, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        if begin == end:
            raise ValueError("begins when it ends")
        return cls(begin, end, zone, frozenset(priorities))

    def wait(self, now: datetime, priority: str) -> timedelta:
        """How long a fax of this priority has to wait at `now`, an aware time; zero when it may go."""
        if (priority or "normal") not in self.priorities:
            return timedelta()
        here = now.astimezone(self.zone)
        if not self._are_at(here.time()):
            return timedelta()
        day = here.date() if here.time() < self.end else here.date() + timedelta(days=1)
        until = datetime.combine(day, self.end, self.zone)  # that clock's time, also after a change of it
        if until.astimezone(UTC) <= now:  # there are two of them in the night in which clocks go back
            until = until.replace(fold=1)
        return until.astimezone(UTC) - now

    def _are_at(self, moment: time) -> bool:
        if self.begin < self.end:
            return self.begin <= moment < self.end
        return moment >= self.begin or moment < self.end
