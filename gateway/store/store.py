"""The store as a whole: one database, and what it keeps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.config.schema import NodeSection, QueueSection
from gateway.ports.blobs import Blobs
from gateway.ports.collection import Collection
from gateway.ports.destinations import Destinations
from gateway.ports.job_store import JobStore
from gateway.ports.outbox import Outbox
from gateway.ports.received_log import ReceivedLog
from gateway.ports.wakeups import Wakeups
from gateway.store.blobs import SqlBlobs
from gateway.store.collection import SqlCollection
from gateway.store.database import Database, database_url
from gateway.store.destinations import SqlDestinations
from gateway.store.jobs import SqlJobStore
from gateway.store.outbox import SqlOutbox
from gateway.store.received import SqlReceivedLog
from gateway.store.schema_version import prepare


@dataclass(frozen=True, slots=True)
class Store:
    """What the stages know of the database."""

    node: str
    jobs: JobStore
    outbox: Outbox
    received: ReceivedLog
    blobs: Blobs
    destinations: Destinations
    collection: Collection


@asynccontextmanager
async def open_store(queue: QueueSection, node: NodeSection, wakeups: Wakeups) -> AsyncIterator[Store]:
    """The store of this node, until the context ends.

    Raises:
        ConfigError: the database has not the tables of this version, or there is no such database.
        StoreUnavailable: it cannot be reached.
    """
    await asyncio.to_thread(prepare, queue, node)
    url = database_url(queue, node)
    database = Database(url, node=node.identity)
    # The files lie beside the database, also when it is not in the data directory.
    folder = Path(f"{url.database}").parent if database.is_sqlite else node.data_dir
    blobs = SqlBlobs(database, folder / "blobs")
    try:
        yield Store(
            node=node.identity,
            jobs=SqlJobStore(database, blobs, wakeups),
            outbox=SqlOutbox(database, wakeups),
            received=SqlReceivedLog(database, blobs, wakeups, queue.lease),
            blobs=blobs,
            destinations=SqlDestinations(database),
            collection=SqlCollection(database, blobs, wakeups),
        )
    finally:
        await database.close()
