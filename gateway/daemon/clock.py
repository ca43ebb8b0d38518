"""The Clock port, by the machine's clock."""

from datetime import UTC, datetime


class SystemClock:
    """What time it is."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)
