"""Lessons about numbers in SQL. What each verb promises is at `gateway.ports.destinations.Destinations`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from gateway.model.destination import Lesson, Limit, NewLesson
from gateway.model.number import FaxNumber
from gateway.store import tables
from gateway.store.database import Database
from gateway.store.types import Span, later, now

_row = tables.lesson
_this = _row.c.number == sa.bindparam("called", type_=sa.Text)
_holds = _row.c.expires_at > now()
_KNOWN = sa.select(_row).where(_this, _holds).order_by(_row.c.about, _row.c.trunk)
_ALL = (
    sa.select(_row)
    .where(_holds)
    .order_by(_row.c.learned_at.desc(), _row.c.number, _row.c.about, _row.c.trunk)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_MAKE_ROOM = sa.delete(_row).where(
    sa.or_(
        sa.and_(
            _this,
            _row.c.about == sa.bindparam("of", type_=sa.Text),
            _row.c.trunk == sa.bindparam("by", type_=sa.Text),
        ),
        _row.c.expires_at <= now(),
    )
)
_LEARN = sa.insert(_row).values(learned_at=now(), expires_at=later(sa.bindparam("keep", type_=Span)))


class SqlDestinations:
    """What is known about numbers, in SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lessons(self, number: FaxNumber) -> list[Lesson]:
        """Read by the key."""
        given = {"called": number.digits}
        rows = await self._database.read(lambda connection: connection.execute(_KNOWN, given).all())
        return [_lesson(row) for row in rows]

    async def learn(self, number: FaxNumber, lesson: NewLesson, keep: timedelta) -> None:
        """What has expired, of any number, goes with the same transaction."""

        def work(connection: Connection) -> None:
            about = lesson.limit.value
            connection.execute(_MAKE_ROOM, {"called": number.digits, "of": about, "by": lesson.trunk})
            facts = {"number": number.digits, "about": about, "trunk": lesson.trunk, "value": lesson.value}
            connection.execute(_LEARN, facts | {"reason": lesson.reason, "keep": keep})

        await self._database.write(work)

    async def forget(self, number: FaxNumber, *limits: Limit) -> int:
        """One statement."""
        return await self._database.write(_forget(number, limits), single=True)

    async def list(self, limit: int = 1000) -> list[Lesson]:
        """Sorted by the database: there are few of them."""
        rows = await self._database.read(lambda connection: connection.execute(_ALL, {"limit": limit}).all())
        return [_lesson(row) for row in rows]


def _forget(number: FaxNumber, limits: tuple[Limit, ...]) -> Callable[[Connection], int]:
    statement = sa.delete(_row).where(_row.c.number == number.digits)
    if limits:
        statement = statement.where(_row.c.about.in_([limit.value for limit in limits]))

    def work(connection: Connection) -> int:
        return connection.execute(statement).rowcount

    return work


def _lesson(row: Row[Any]) -> Lesson:
    return Lesson(
        number=FaxNumber(row.number),
        limit=Limit(row.about),
        trunk=row.trunk,
        value=row.value,
        reason=row.reason,
        learned_at=row.learned_at,
        expires_at=row.expires_at,
    )
