"""A process that claims until nothing is left, and prints what it got."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from gateway.config.schema import NodeSection, QueueSection
from gateway.model.lifecycle import JobState
from gateway.store import open_store
from tests.fakes.wakeups import RememberedWakeups


async def main(url: str, folder: str, name: str) -> None:
    node = NodeSection(name=name, data_dir=Path(folder))
    async with open_store(QueueSection(url=url), node, RememberedWakeups()) as store:

        async def claim_all() -> None:
            while jobs := await store.jobs.claim(JobState.RECEIVED, lease=timedelta(minutes=1), limit=3):
                print(*(job.id for job in jobs), flush=True)

        await asyncio.gather(claim_all(), claim_all())


asyncio.run(main(*sys.argv[1:]))
