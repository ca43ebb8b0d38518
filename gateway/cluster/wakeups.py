"""Wake-ups across processes: datagrams on one machine, LISTEN and NOTIFY with PostgreSQL. Nobody polls.

A hint, never the truth: whoever wakes up looks into the queue. So a wake-up may come twice or for nothing,
but none is lost: what cannot be known (before the first wait, after a lost connection) counts as one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg.conninfo import make_conninfo

from gateway.cluster.datagram import DatagramWakeups
from gateway.cluster.notify import NotifyWakeups
from gateway.config.schema import NodeSection, QueueSection
from gateway.ports.wakeups import Wakeups


@asynccontextmanager
async def open_wakeups(queue: QueueSection, node: NodeSection) -> AsyncIterator[Wakeups]:
    """The wake-ups that belong to this queue, until the context ends."""
    if queue.is_local:
        local = DatagramWakeups(node.data_dir / "wake")
        try:
            yield local
        finally:
            local.close()
        return
    extra = {"password": queue.password.reveal()} if queue.password else {}
    shared = NotifyWakeups(make_conninfo(queue.url, application_name="faxgw wake-ups", **extra))
    tasks = [asyncio.ensure_future(work) for work in (shared.listen(), shared.send())]
    try:
        yield shared
    finally:
        await shared.flush()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
