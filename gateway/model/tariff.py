"""What a fax costs, by estimate: a table of prices by the beginnings of numbers."""

from dataclasses import dataclass
from datetime import timedelta

from gateway.model.number import FaxNumber
from gateway.model.permission import longest


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices in the currency of the site."""

    name: str
    numbers: tuple[str, ...] = ()  #: beginnings of numbers; none means all others
    per_call: float = 0.0
    per_minute: float = 0.0
    per_page: float = 0.0

    def cost(self, pages: int, call: timedelta) -> float:
        """What a fax of so many pages costs that takes so long."""
        minutes = call.total_seconds() / 60
        return self.per_call + self.per_minute * minutes + self.per_page * pages


@dataclass(frozen=True, slots=True)
class Tariffs:
    """All tariffs."""

    all: tuple[Tariff, ...] = ()
    currency: str = ""

    def of(self, number: FaxNumber) -> Tariff | None:
        """The tariff with the longest beginning that fits, else the first without beginnings."""
        starts = {start: tariff for tariff in reversed(self.all) for start in tariff.numbers}
        start = longest(starts, number)
        if start is not None:
            return starts[start]
        return next((tariff for tariff in self.all if not tariff.numbers), None)

    def shown(self, cost: float) -> str:
        """An amount for people."""
        return f"{cost:.2f} {self.currency}".strip()


def call_time(size: int, page_count: int) -> timedelta:
    """How long a call with so many bytes of pages takes at 14,400 bit/s, the fastest that most machines have.

    ITU-T T.30: some 12 s until the first page (tone, DIS, DCS, training), 4 s between and behind pages.
    """
    return timedelta(seconds=12 + page_count * 4 + size * 8 / 14_400)
