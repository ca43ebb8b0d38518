"""A process that submits as fast as it can and prints each id when it has it. Killed by its test."""

import asyncio
import hashlib
import os
import sys
from pathlib import Path

from gateway.config.schema import NodeSection, QueueSection
from gateway.store import open_store
from tests.contract.queued import a_submission
from tests.fakes.wakeups import RememberedWakeups


async def main(url: str, folder: str) -> None:
    node = NodeSection(name="child", data_dir=Path(folder))
    async with open_store(QueueSection(url=url), node, RememberedWakeups()) as store:

        async def submit_for_ever(size: int) -> None:
            while True:
                content = os.urandom(size)
                message = hashlib.sha256(content).hexdigest().encode() + content
                submission_id = await store.jobs.submit(a_submission(), message)
                os.write(1, f"{submission_id}\n".encode())

        await asyncio.gather(
            *(submit_for_ever(size) for size in [2_000] * 16 + [100_000] * 2 + [300_000] * 2)
        )


asyncio.run(main(sys.argv[1], sys.argv[2]))
