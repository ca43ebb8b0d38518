"""The queue's database: where it is, how it is opened, and the lanes that use it.

SQLite (WAL, synchronous=FULL) has one lane that writes and one that reads; all processes of the node take
turns at a lock file, because SQLite's own waiting is sleeping. PostgreSQL has one lane that inserts what is
accepted (group commit) and several for everything else.
"""

import asyncio
import fcntl
import os
import queue
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.pool import NullPool

from gateway.config.schema import NodeSection, QueueSection
from gateway.errors import ConfigError
from gateway.store.checkpoint import Checkpointer
from gateway.store.lane import Lane, Order, Orders, Rows, Work

T = TypeVar("T")
_TOGETHER = 64  # orders in one transaction: few enough that the first does not wait long for the last
_POSTGRESQL_LANES = 4
_SQLITE_PRAGMAS = (
    "PRAGMA busy_timeout = 30000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a COMMIT is on disk when it returns
    "PRAGMA wal_autocheckpoint = 16384",  # pages; 64 MB, if the Checkpointer does not keep up
    "PRAGMA foreign_keys = ON",
)


class Turn(AbstractContextManager[None]):
    """The right to write, among all processes of this machine. A process that dies gives it back."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        """Nobody else writes."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *exc_info: object) -> None:
        """The next one may."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """The lock file is closed."""
        os.close(self._file)


def database_url(queue_section: QueueSection, node: NodeSection) -> URL:
    """The URL as SQLAlchemy wants it, with driver and password.

    Raises:
        ConfigError: it names no database we know.
    """
    if not queue_section.url:
        return URL.create("sqlite", database=str(node.data_dir / "queue.db"))
    try:
        url = make_url(queue_section.url)
    except sa.exc.ArgumentError:
        raise ConfigError(_UNKNOWN.format(queue_section.url)) from None
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url
    if backend not in ("postgresql", "postgres"):
        raise ConfigError(_UNKNOWN.format(url.render_as_string(hide_password=True)))
    if queue_section.password is not None:
        url = url.set(password=queue_section.password.reveal())
    return url.set(drivername="postgresql+psycopg")


_UNKNOWN = (
    'queue.url: "{}" is no database the queue can live in; write for example postgresql://faxgw@db/faxgw.'
)


def open_engine(url: URL, name: str) -> Engine:
    """An engine whose connections commit when told so, and are durable when they say so."""
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"check_same_thread": False, "cached_statements": 256},
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        return engine
    engine = sa.create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={
            "application_name": f"faxgw {name}"[:63],
            "connect_timeout": 10,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20000,
        },
    )
    sa.event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(pragma)


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # A server may be set to answer COMMIT before the disk has it; the queue's promise needs the disk.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    # Large content is compressed by the server, which takes it five times as long with its default.
    connection.execute(
        "SELECT set_config(name, 'lz4', false) FROM pg_settings"
        " WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
    )


class Database:
    """Runs work in transactions, off the event loop. Everything here may raise StoreUnavailable."""

    def __init__(self, url: URL, *, node: str) -> None:
        self.node = node
        self.engine = open_engine(url, node)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writes: Orders = queue.SimpleQueue()
        self._turn: Turn | None = None
        self._checkpointer: Checkpointer | None = None
        if self.is_sqlite:
            self._checkpointer = Checkpointer(self.engine)
            self._inserts, self._reads = self._writes, queue.SimpleQueue[Order | None]()
            self._turn = Turn(Path(f"{url.database}").with_suffix(".lock"))
            self._lanes = [
                self._lane("write", self._writes, begin="BEGIN IMMEDIATE", together=_TOGETHER),
                self._lane("read", self._reads, begin="BEGIN", together=1),
            ]
        else:
            self._inserts, self._reads = queue.SimpleQueue[Order | None](), self._writes
            self._lanes = [self._lane("insert", self._inserts, begin="BEGIN", together=_TOGETHER)]
            self._lanes += [
                self._lane(f"lane-{number}", self._writes, begin="BEGIN", together=1)
                for number in range(1, _POSTGRESQL_LANES + 1)
            ]

    def _lane(self, name: str, orders: Orders, *, begin: str, together: int) -> Lane:
        turn = self._turn if self._turn and begin == "BEGIN IMMEDIATE" else nullcontext()
        committed = self._checkpointer.committed if self._checkpointer else None
        return Lane(
            f"store-{name}",
            self.engine,
            orders,
            together=together,
            begin=begin,
            turn=turn,
            committed=committed,
        )

    async def write(
        self,
        work: Callable[[Connection], T],
        *,
        single: bool = False,
        then: Callable[[T], None] | None = None,
    ) -> T:
        """What `work` returned, committed. `then` is called on the event loop even if the caller is gone.

        A `single` work is one statement.
        """
        order = Order(asyncio.get_running_loop().create_future(), work=work, single=single, then=then)
        self._writes.put(order)
        result: T = await order.future
        return result

    async def insert(
        self, rows: Rows, *, proof: Work | None = None, then: Callable[[Any], None] | None = None
    ) -> None:
        """These rows are committed, together with those of whoever inserts at the same moment."""
        order = Order(asyncio.get_running_loop().create_future(), rows=rows, proof=proof, then=then)
        self._inserts.put(order)
        await order.future

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` found. One statement; nothing is changed."""
        order = Order(asyncio.get_running_loop().create_future(), work=work, single=True)
        self._reads.put(order)
        result: T = await order.future
        return result

    async def close(self) -> None:
        """What was ordered is done, and every connection is closed."""
        queues = {id(orders): orders for orders in (self._writes, self._inserts, self._reads)}
        for orders in queues.values():
            for _ in self._lanes:
                orders.put(None)
        for lane in self._lanes:
            await asyncio.to_thread(lane.thread.join)
        if self._checkpointer:
            await asyncio.to_thread(self._checkpointer.close)
        self.engine.dispose()
        if self._turn:
            self._turn.close()
