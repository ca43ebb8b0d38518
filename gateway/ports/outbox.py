"""The outbox: notifications that are owed.

They leave at least once, with a Message-ID that stays the same.
"""

from datetime import timedelta
from typing import Protocol

from gateway.model.ids import NotificationId
from gateway.model.notification import Notification


class Outbox(Protocol):
    """Notifications that are owed (proved by tests/contract/test_outbox.py)."""

    async def claim(self, *, lease: timedelta, limit: int = 1) -> list[Notification]:
        """Due notifications, now owned by this node until the lease ends; then they are due again."""
        ...

    async def mark_sent(self, notification_id: NotificationId) -> None:
        """It left, and is not owed any more."""
        ...

    async def postpone(self, notification_id: NotificationId, delay: timedelta, reason: str) -> None:
        """It is due again after `delay`."""
        ...

    async def give_up(self, notification_id: NotificationId, reason: str) -> None:
        """It will never leave; kept for the operators."""
        ...

    async def next_due_in(self) -> timedelta | None:
        """How long until the next notification is due (zero or less: now), or None without any."""
        ...
