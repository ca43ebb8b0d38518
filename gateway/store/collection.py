"""Collected mails in SQL. What each verb promises is written at `gateway.ports.collection.Collection`."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from gateway.model.collected import Refusal, Taken
from gateway.model.ids import SubmissionId
from gateway.model.notification import NewNotification, NotificationKind
from gateway.model.submission import NewSubmission
from gateway.ports.wakeups import Topic, Wakeups
from gateway.store import tables
from gateway.store.blobs import SqlBlobs
from gateway.store.database import Database
from gateway.store.ids import new_id
from gateway.store.lane import Rows
from gateway.store.recording import notify
from gateway.store.statements import insert_new
from gateway.store.submitting import submission_rows
from gateway.store.types import Span, later, now

_row = tables.collected
_SETTLE = (
    sa.update(_row)
    .where(_row.c.key == sa.bindparam("the_key", type_=_row.c.key.type), _row.c.settled_at.is_(None))
    .values(settled_at=now())
)
_FORGET = sa.delete(_row).where(_row.c.settled_at <= later(sa.bindparam("ago", type_=Span)))
_FIND = sa.select(_row).where(_row.c.key == sa.bindparam("key", type_=_row.c.key.type))


class SqlCollection:
    """The keys of collected mails, in SQLite or PostgreSQL."""

    def __init__(self, database: Database, blobs: SqlBlobs, wakeups: Wakeups) -> None:
        self._database = database
        self._blobs = blobs
        self._wakeups = wakeups

    async def find(self, key: str) -> Taken | None:
        """Read by its key."""
        row = await self._database.read(lambda connection: connection.execute(_FIND, {"key": key}).first())
        return None if row is None else _taken(row)

    async def take(
        self,
        key: str,
        message: bytes | Path,
        submission: NewSubmission | None,
        *,
        refused: tuple[str, ...] = (),
        answer: tuple[str, Refusal] | None = None,
    ) -> Taken:
        """The key goes first: whoever comes second waits for the first one's COMMIT, and finds its row."""
        staged = await self._blobs.stage(message, take_over=False) if submission else None
        owed = []
        if answer:
            owed.append(NewNotification(NotificationKind.FAILED, answer[0], refusal=answer[1]))

        def then(_: Taken) -> None:
            self._wakeups.wake(Topic.RESOLVING)
            if owed:
                self._wakeups.wake(Topic.NOTIFYING)

        taken = Taken(SubmissionId(new_id()) if submission else None, refused)
        rows: Rows = {}
        if submission and staged and taken.submission_id:
            rows = submission_rows(taken.submission_id, submission, staged, self._database.node)
        work = _taking(key, taken, rows, owed, self._database.node)
        return await self._database.write(work, then=then)

    async def settled(self, key: str) -> None:
        """The row knows since when; the first time counts."""

        def work(connection: Connection) -> None:
            connection.execute(_SETTLE, {"the_key": key})

        await self._database.write(work)

    async def forget(self, settled_for: timedelta) -> int:
        """By the database's clock."""
        given = {"ago": -settled_for}
        return await self._database.write(lambda connection: connection.execute(_FORGET, given).rowcount)


def _taking(
    key: str, taken: Taken, rows: Rows, owed: list[NewNotification], node: str
) -> Callable[[Connection], Taken]:
    given = {"key": key, "submission_id": taken.submission_id, "refused": json.dumps(taken.refused)}

    def work(connection: Connection) -> Taken:
        dialect = connection.dialect.name
        if connection.execute(insert_new(_row, dialect).returning(_row.c.key), given).first() is None:
            return _taken(connection.execute(_FIND, {"key": key}).one())
        for table, values in rows.items():
            if values:
                connection.execute(insert_new(table, dialect), list(values))
        notify(connection, owed, node)
        return taken

    return work


def _taken(row: Row[Any]) -> Taken:
    submission = None if row.submission_id is None else SubmissionId(row.submission_id)
    return Taken(submission, tuple(json.loads(row.refused)))
