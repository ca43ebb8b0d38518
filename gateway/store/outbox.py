"""The outbox in SQL. What each verb promises is written at `gateway.ports.outbox.Outbox`."""

from datetime import timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from gateway.model.ids import NotificationId
from gateway.model.notification import Notification
from gateway.ports.wakeups import Topic, Wakeups
from gateway.store import tables
from gateway.store.database import Database
from gateway.store.rows import notification_from
from gateway.store.statements import executing
from gateway.store.types import Span, later, now

_row = tables.notification
_owed = sa.text("notification.state = 'owed'")
_this = _row.c.id == sa.bindparam("notification", type_=sa.Text)
_SENT = sa.update(_row).where(_this).values(state="sent", sent_at=now(), leased_by=None)
_GIVEN_UP = (
    sa.update(_row)
    .where(_this, _owed)
    .values(state="given_up", reason=sa.bindparam("why", type_=_row.c.reason.type), leased_by=None)
)
_POSTPONED = (
    sa.update(_row)
    .where(_this, _owed)
    .values(
        due_at=later(sa.bindparam("delay", type_=Span)),
        reason=sa.bindparam("why", type_=_row.c.reason.type),
        leased_by=None,
    )
)
_NEXT = sa.select(_row.c.due_at, now().label("now")).where(_owed).order_by(_row.c.due_at).limit(1)


@cache
def _claim(dialect: str) -> Any:
    """A claimed notification is due again when its lease ends: no second column is needed for that."""
    due = (
        sa.select(_row.c.id)
        .where(_owed, _row.c.due_at <= now())
        .order_by(_row.c.due_at, _row.c.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )
    if dialect == "postgresql":
        due = sa.select(due.with_for_update(skip_locked=True).cte("due").c.id)
    return (
        sa.update(_row)
        .where(_row.c.id.in_(due))
        .values(
            due_at=later(sa.bindparam("lease", type_=Span)),
            leased_by=sa.bindparam("node", type_=sa.Text),
            tries=_row.c.tries + 1,
        )
        .returning(_row)
    )


class SqlOutbox:
    """Notifications that are owed, in SQLite or PostgreSQL."""

    def __init__(self, database: Database, wakeups: Wakeups) -> None:
        self._database = database
        self._wakeups = wakeups

    async def claim(self, *, lease: timedelta, limit: int = 1) -> list[Notification]:
        """One statement."""
        given = {"lease": lease, "limit": limit, "node": self._database.node}
        rows = await self._database.write(
            lambda connection: connection.execute(_claim(connection.dialect.name), given).all(), single=True
        )
        return sorted((notification_from(row) for row in rows), key=lambda owed: owed.id)

    async def mark_sent(self, notification_id: NotificationId) -> None:
        """Also when its lease had ended: it has left."""
        await self._database.write(executing(_SENT, {"notification": notification_id}), single=True)

    async def postpone(self, notification_id: NotificationId, delay: timedelta, reason: str) -> None:
        """Whoever waits for the outbox computes anew how long."""
        given = {"notification": notification_id, "delay": delay, "why": reason}
        await self._database.write(
            executing(_POSTPONED, given), single=True, then=lambda _: self._wakeups.wake(Topic.NOTIFYING)
        )

    async def give_up(self, notification_id: NotificationId, reason: str) -> None:
        """The row stays, with the reason."""
        given = {"notification": notification_id, "why": reason}
        await self._database.write(executing(_GIVEN_UP, given), single=True)

    async def next_due_in(self) -> timedelta | None:
        """By the partial index of what is owed."""
        row = await self._database.read(lambda connection: connection.execute(_NEXT).first())
        return None if row is None else row.due_at - row.now
