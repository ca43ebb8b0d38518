"""The role intake: mails come in and are on disk before their client hears 250."""

import asyncio

from gateway.cluster.wakeups import open_wakeups
from gateway.config.schema import Config
from gateway.daemon.process import Ready
from gateway.intake.smtp import SmtpIntake
from gateway.intake.users import UsersFile
from gateway.store import open_store


async def run(config: Config, stopping: asyncio.Event, ready: Ready) -> None:
    """Listens until `stopping` is set."""
    async with (
        open_wakeups(config.queue, config.node) as wakeups,
        open_store(config.queue, config.node, wakeups) as store,
        SmtpIntake(
            config.smtp,
            store.jobs,
            config.node.data_dir,
            addresses=config.addresses,
            plan=config.dialling.plan,
            authenticator=UsersFile(config.smtp.users) if config.smtp.users else None,
            share_port=config.smtp.processes > 1,
        ),
    ):
        ready()
        await stopping.wait()
