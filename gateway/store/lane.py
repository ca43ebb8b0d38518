"""A lane: one database connection and the one thread that uses it.

Whoever wants something done puts an order into the lane's queue and awaits it, so that the event loop never
waits for a disk. What has queued up while a transaction was committing goes into the next one together
(group commit): twenty callers cost one fsync. An order that fails is rolled back to its savepoint and fails
alone; an order is only told that it is done after the COMMIT.
"""

import asyncio
import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from gateway.store.bulk import insert_all
from gateway.store.failure import DRIVER_ERRORS, translated

Work = Callable[[Connection], Any]
Rows = Mapping[sa.Table, Sequence[Mapping[str, Any]]]


@dataclass(slots=True, eq=False)
class Order:
    """Something to be done in a transaction: `work`, or `rows` to insert."""

    future: asyncio.Future[Any]
    work: Work | None = None
    rows: Rows | None = None
    proof: Work | None = None  #: finds something when the rows were committed before
    single: bool = False  #: the work is one statement: where that is its own transaction, no BEGIN is needed
    then: Callable[[Any], None] | None = None  #: called on the event loop after the COMMIT
    outcome: Any = None
    error: Exception | None = None


Orders = queue.SimpleQueue[Order | None]


class Lane:
    """Serves the orders of a queue, `together` at most in one transaction. `None` in the queue ends it."""

    def __init__(
        self,
        name: str,
        engine: Engine,
        orders: Orders,
        *,
        together: int,
        begin: str,
        turn: AbstractContextManager[Any],
        committed: Callable[[], None] | None = None,
    ) -> None:
        self._engine = engine
        self._orders = orders
        self._together = together
        self._begin = begin
        self._turn = turn
        self._committed = committed or (lambda: None)
        self._connection: Connection | None = None
        self._committing = False
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while (first := self._orders.get()) is not None:
            batch = [order for order in self._batch(first) if not order.future.cancelled()]
            if batch:
                self._serve(batch)
        self._drop()

    def _batch(self, first: Order) -> list[Order]:
        batch = [first]
        while len(batch) < self._together:
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                break
            if order is None:
                self._orders.put(None)
                break
            batch.append(order)
        return batch

    def _serve(self, batch: list[Order]) -> None:
        try:
            self._transact_with_one_retry(batch)
        except Exception as error:  # noqa: BLE001 - whoever awaits the order gets it
            self._drop()
            for order in batch:
                order.error = translated(error)
        by_loop: dict[asyncio.AbstractEventLoop, list[Order]] = defaultdict(list)
        for order in batch:
            by_loop[order.future.get_loop()].append(order)
        for loop, orders in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, orders)

    def _transact_with_one_retry(self, batch: list[Order]) -> None:
        """The batch is committed. A connection that had died before is replaced once.

        After a lost COMMIT nobody knows what the database did, unless the orders can be proved.
        """
        self._committing = False
        try:
            self._transact(batch)
        except DRIVER_ERRORS:
            if not self._is_lost():
                raise
            proof = batch[0].proof
            if self._committing and proof is None:
                raise
            self._drop()
            if self._committing and proof is not None and proof(self._open()):
                return
            for order in batch:
                order.outcome = order.error = None
            self._transact(batch)

    def _transact(self, batch: list[Order]) -> None:
        connection = self._open()
        if len(batch) == 1 and batch[0].single and self._begin == "BEGIN":
            self._perform_alone(batch[0], connection)
            return
        raw: Any = connection.connection.driver_connection
        works = [order for order in batch if order.work]
        if not works and self._begin == "BEGIN" and batch[0].proof is not None:
            self._insert_in_one_go(batch, connection, raw)
            return
        with self._turn:
            raw.execute(self._begin)
            self._insert(batch, connection)
            for order in works:
                self._perform(order, connection, raw, alone=len(batch) == 1)
            if len(batch) == 1 and batch[0].error:
                raw.execute("ROLLBACK")
                return
            self._committing = True
            raw.execute("COMMIT")
        self._committed()

    def _insert_in_one_go(self, batch: list[Order], connection: Connection, raw: Any) -> None:
        """The batch is committed, with one question to the server and one answer (libpq's pipeline mode)."""
        self._committing = True
        with raw.pipeline():
            raw.execute("BEGIN")
            self._insert(batch, connection)
            raw.execute("COMMIT")
        self._committed()

    def _insert(self, batch: list[Order], connection: Connection) -> None:
        """The rows of all orders, table by table."""
        rows: dict[sa.Table, list[Mapping[str, Any]]] = defaultdict(list)
        for order in batch:
            for table, some in (order.rows or {}).items():
                rows[table].extend(some)
        for table, all_rows in rows.items():
            if all_rows:
                insert_all(table, all_rows, connection)

    def _perform(self, order: Order, connection: Connection, raw: Any, *, alone: bool) -> None:
        if not alone:
            raw.execute("SAVEPOINT this_order")
        self._perform_alone(order, connection)
        if alone:
            return
        if order.error:
            raw.execute("ROLLBACK TO this_order")
        raw.execute("RELEASE this_order")

    def _perform_alone(self, order: Order, connection: Connection) -> None:
        assert order.work
        try:
            order.outcome = order.work(connection)
        except Exception as error:
            if isinstance(error, DRIVER_ERRORS) and self._is_lost():
                raise
            order.error = translated(error)

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _is_lost(self) -> bool:
        """The server has closed the connection, or SQLite has rolled the transaction back by itself."""
        if self._connection is None:
            return False
        if self._connection.invalidated:
            return True
        raw: Any = self._connection.connection.driver_connection
        if self._engine.dialect.name == "sqlite":
            return not self._committing and not raw.in_transaction
        return bool(raw.closed)

    def _drop(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.invalidate()
            connection.close()


def _settle(orders: list[Order]) -> None:
    """Everybody who awaits an order hears how it went. Runs on the event loop."""
    for order in orders:
        if order.error is None and order.then:
            order.then(order.outcome)
        if order.future.done():
            continue
        if order.error is None:
            order.future.set_result(order.outcome)
        else:
            order.future.set_exception(order.error)
