"""The role intake: mails come in and are on disk before their client hears 250."""

import asyncio

from gateway.cluster.wakeups import open_wakeups
from gateway.config.schema import Config
from gateway.daemon.clock import SystemClock
from gateway.daemon.collecting import collect
from gateway.daemon.process import Ready, doors_may_open, intake_processes
from gateway.directory import Directories, DirectoryLogins, SenderScreen, open_directories
from gateway.intake.smtp import SmtpIntake
from gateway.intake.users import UsersFile
from gateway.ports.authenticator import Authenticator
from gateway.store import open_store


async def run(config: Config, stopping: asyncio.Event, ready: Ready) -> None:
    """Listens until `stopping` is set."""
    async with (
        open_wakeups(config.queue, config.node) as wakeups,
        open_store(config.queue, config.node, wakeups) as store,
        open_directories(config.directory, config.node, config.queue, SystemClock()) as directory,
        SmtpIntake(
            config.smtp,
            store.jobs,
            config.node.data_dir,
            addresses=config.addresses,
            plan=config.dialling.plan,
            authenticator=_logins(config, directory),
            screen=_screen(config, directory),
            share_port=intake_processes(config) > 1,
            doors=doors_may_open,
        ),
    ):
        ready()
        await collect(config, store.collection, stopping)


def _screen(config: Config, directory: Directories | None) -> SenderScreen | None:
    """Who may not send; None where everybody may."""
    rules = config.rules
    if directory is None and not rules.permissions and not rules.bans:
        return None
    unknown = config.resolving.unknown == "refuse"
    return SenderScreen(directory, rules, SystemClock(), refuse_unknown=unknown)


def _logins(config: Config, directory: Directories | None) -> Authenticator | None:
    local = UsersFile(config.smtp.users) if config.smtp.users else None
    return local if directory is None else DirectoryLogins(directory, local)
