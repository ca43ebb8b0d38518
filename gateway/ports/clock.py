"""The time, where a stage needs it. Leases do not use it: they use the database's clock."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...
