"""The record of incoming calls in SQL; its promises are at `gateway.ports.received_log.ReceivedLog`."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.errors import LeaseLost
from gateway.model.ids import JobId, ReceivedId
from gateway.model.notification import NewNotification, NotificationKind
from gateway.model.received import ReceivedFax, ReceivedState
from gateway.ports.wakeups import Topic, Wakeups
from gateway.store import tables
from gateway.store.blobs import SqlBlobs
from gateway.store.database import Database
from gateway.store.ids import new_id
from gateway.store.recording import notify
from gateway.store.rows import received_from
from gateway.store.statements import executing
from gateway.store.types import Span, later, now
from telephony import Transmission

_row = tables.received
_this = _row.c.id == sa.bindparam("received", type_=sa.Text)
_lease_end = later(sa.bindparam("lease", type_=Span))
_OPEN = sa.insert(_row).values(leased_until=_lease_end)
_RENEW = (
    sa.update(_row)
    .where(_this, _row.c.leased_by == sa.bindparam("owner", type_=sa.Text))
    .values(leased_until=_lease_end)
)
_ABANDONED = (
    sa.update(_row)
    .where(
        sa.text("received.leased_until IS NOT NULL"),
        _row.c.leased_until <= now(),
        _row.c.node == sa.bindparam("here", type_=sa.Text),
    )
    .values(leased_until=_lease_end)
    .returning(_row)
)
_GET = sa.select(_row).where(_this)
_FETCHED = sa.select(_row).where(
    _row.c.job_id == sa.bindparam("job"), _row.c.state == sa.bindparam("complete")
)


class SqlReceivedLog:
    """Received faxes, in SQLite or PostgreSQL."""

    def __init__(self, database: Database, blobs: SqlBlobs, wakeups: Wakeups, lease: timedelta) -> None:
        self._database = database
        self._blobs = blobs
        self._wakeups = wakeups
        self._lease = lease

    async def open(
        self,
        *,
        call_id: str,
        called: str,
        caller: str,
        spool: Path,
        lease: timedelta,
        job_id: JobId | None = None,
        mailbox: str = "",
    ) -> ReceivedId:
        """One row."""
        received_id = ReceivedId(new_id())
        node = self._database.node
        row: dict[str, Any] = {"id": received_id, "state": ReceivedState.RECEIVING.value}
        row |= {"node": node, "leased_by": node}
        row |= {"call_id": call_id, "called": called, "caller": caller, "spool": str(spool)}
        row |= {"job_id": job_id, "mailbox": mailbox}
        await self._database.write(executing(_OPEN, row | {"lease": lease}), single=True)
        return received_id

    async def renew(self, received_id: ReceivedId, lease: timedelta) -> None:
        """A row that is closed already is left alone."""
        given = {"received": received_id, "owner": self._database.node, "lease": lease}
        await self._database.write(executing(_RENEW, given), single=True)

    async def close(
        self,
        received_id: ReceivedId,
        *,
        pages: Path | None,
        page_count: int,
        complete: bool,
        mailboxes: tuple[str, ...],
        transmission: Transmission | None = None,
        detail: str = "",
    ) -> None:
        """Row, pages and outbox change together.

        Raises:
            LeaseLost: it is closed already.
        """
        values: dict[str, Any] = {"page_count": page_count, "detail": detail, "ended_at": now()}
        state = ReceivedState.EMPTY
        if pages is not None and page_count:
            state = ReceivedState.RECEIVED if complete else ReceivedState.PARTIAL
            values["pages"] = await self._blobs.put(pages)
        if transmission is not None:
            values |= _facts(transmission, detail)
        values |= {"state": state.value, "leased_by": None, "leased_until": None}
        owed = mailboxes if state is not ReceivedState.EMPTY else ()
        await self._database.write(
            _closing(received_id, values, owed, self._database.node),
            then=lambda _: self._wakeups.wake(Topic.NOTIFYING) if owed else None,
        )

    async def abandoned(self) -> list[ReceivedFax]:
        """Leased for as long as `queue.lease` says."""
        given = {"here": self._database.node, "lease": self._lease}
        rows = await self._database.write(
            lambda connection: connection.execute(_ABANDONED, given).all(), single=True
        )
        return sorted((received_from(row) for row in rows), key=lambda fax: fax.id)

    async def fetched_by(self, job_id: JobId) -> ReceivedFax | None:
        """At most one is complete."""
        given = {"job": job_id, "complete": ReceivedState.RECEIVED.value}
        row = await self._database.read(lambda connection: connection.execute(_FETCHED, given).first())
        return None if row is None else received_from(row)

    async def get(self, received_id: ReceivedId) -> ReceivedFax:
        """Read by its key."""
        given = {"received": received_id}
        row = await self._database.read(lambda connection: connection.execute(_GET, given).first())
        if row is None:
            raise KeyError(received_id)
        return received_from(row)

    async def list(self, limit: int = 1000) -> list[ReceivedFax]:
        """Newest first."""
        query = sa.select(_row).order_by(_row.c.id.desc()).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [received_from(row) for row in rows]


def _closing(
    received_id: ReceivedId, values: dict[str, Any], mailboxes: tuple[str, ...], node: str
) -> Callable[[Connection], None]:
    update = (
        sa.update(_row)
        .where(_row.c.id == received_id, _row.c.state == ReceivedState.RECEIVING.value)
        .values(**values)
    )
    owed = [NewNotification(NotificationKind.RECEIVED, box, received_id=received_id) for box in mailboxes]

    def work(connection: Connection) -> None:
        if connection.execute(update).rowcount != 1:
            raise LeaseLost(f"The received fax {received_id} is closed already.")
        notify(connection, owed, node)

    return work


def _facts(transmission: Transmission, detail: str) -> dict[str, Any]:
    return {
        "ended_at": transmission.ended_at,
        "disposition": transmission.disposition.value,
        "remote_id": transmission.remote_id,
        "sub_address": transmission.sub_address,
        "detail": detail or transmission.detail,
        "medium": transmission.medium.value if transmission.medium else "",
        "bit_rate": transmission.bit_rate,
        "ecm": transmission.ecm,
        "compression": transmission.compression.value if transmission.compression else "",
        "bad_rows": transmission.bad_rows,
    }
