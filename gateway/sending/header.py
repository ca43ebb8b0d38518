"""The header line: who sent a page, when, and which page it is (ITU-T T.30's TTI, printed on the page)."""

import string
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.errors import ConfigError

_FIELDS = frozenset({"station_id", "sender", "number", "date", "page", "pages"})


class HeaderLine:
    """The template of [sending] header, checked once."""

    def __init__(self, template: str, timezone: str = "") -> None:
        """A template that can be filled in.

        Raises:
            ConfigError: a field that does not exist, braces that do not match, or an unknown time zone.
        """
        self._template = template
        self._zone = zone_of(timezone)
        try:
            fields = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        except ValueError as error:
            raise ConfigError(f"sending.header: {error}.") from error
        if unknown := sorted(fields - _FIELDS):
            known = ", ".join(f"{{{name}}}" for name in sorted(_FIELDS))
            raise ConfigError(f'sending.header: unknown field "{{{unknown[0]}}}". Known are {known}.')
        try:
            self.lines(station_id="", sender="", number="", page_count=1, at=datetime.now(UTC))
        except (ValueError, LookupError) as error:
            raise ConfigError(f"sending.header: {error}.") from error

    def lines(self, *, station_id: str, sender: str, number: str, page_count: int, at: datetime) -> list[str]:
        """One line a page; none at all for an empty template."""
        if not self._template:
            return []
        date = at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")
        return [
            self._template.format(
                station_id=station_id,
                sender=sender,
                number=number,
                date=date,
                page=page,
                pages=page_count,
            ).strip()
            for page in range(1, page_count + 1)
        ]


def zone_of(name: str) -> ZoneInfo | None:
    """The time zone of this name; None, which is the machine's own, for no name.

    Raises:
        ConfigError: there is no such zone.
    """
    if not name:
        return None  # the machine's own
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f'sending.timezone: "{name}" is no IANA time zone, for example "Europe/Berlin".'
        ) from error
