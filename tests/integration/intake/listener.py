"""A listener with its store, as a process: prints its port and serves until its input ends."""

import asyncio
import sys
from ipaddress import ip_network
from pathlib import Path

from gateway.cluster.wakeups import open_wakeups
from gateway.config.schema import NodeSection, QueueSection, SmtpSection
from gateway.intake.smtp import SmtpIntake
from gateway.store import migrate, open_store


async def main(folder: Path, url: str) -> None:
    queue, node = QueueSection(url=url), NodeSection(name="listener", data_dir=folder)
    section = SmtpSection(
        listen="127.0.0.1:0",
        domains=("fax.example.com",),
        relay_networks=(ip_network("127.0.0.0/8"),),
        hostname="gateway.example.com",
        max_recipients=10_000,
    )
    if not url:
        migrate(queue, node)
    async with (
        open_wakeups(queue, node) as wakeups,
        open_store(queue, node, wakeups) as store,
        SmtpIntake(section, store.jobs, folder) as intake,
    ):
        print(intake.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
