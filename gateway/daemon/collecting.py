"""Every mailbox and folder the configuration names is collected from, by one process of this machine."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gateway.config.schema import Config
from gateway.errors import SenderNotProved
from gateway.intake.accept import Gatekeeper
from gateway.intake.collecting.collector import Collector
from gateway.ports.collection import Collection
from gateway.ports.mail_source import MailSource
from gateway.resolving.automatic import why_automatic
from gateway.resolving.identity import proof

_LOOK_FOR_A_FREE_TURN = 1.0  # seconds


async def collect(config: Config, collection: Collection, stopping: asyncio.Event) -> None:
    """Collects until `stopping` is set; while another process of this machine does, it only waits."""
    sources = list(_sources(config))
    if not sources:
        await stopping.wait()
        return
    lock = os.open(config.node.data_dir / "collecting.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if await _turn(lock, stopping):
            async with asyncio.TaskGroup() as group:
                for source in sources:
                    group.create_task(_collector(config, source, collection).run(stopping))
    finally:
        os.close(lock)


async def _turn(lock: int, stopping: asyncio.Event) -> bool:
    """Whether it is our turn; False when we stop before."""
    while not stopping.is_set():
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_FOR_A_FREE_TURN):
                await stopping.wait()
    return False


def _collector(config: Config, source: MailSource, collection: Collection) -> Collector:
    applications, relay = config.resolving.automatic == "allow", config.resolving.authserv_id

    def proves(sender: str, client: str, head: bytes) -> bool:
        with suppress(SenderNotProved):
            return bool(relay and proof(sender, client, head, relay))
        return False

    return Collector(
        source,
        collection,
        Gatekeeper(config.smtp, config.addresses, config.dialling.plan),
        max_message_size=config.smtp.max_message_size,
        why_automatic=lambda head, sender: why_automatic(head, sender, applications=applications),
        proves=proves,
    )


def _sources(config: Config) -> Iterator[MailSource]:
    """Each kind is imported where there is one: their libraries take memory."""
    for name, folder in config.folder.items():
        from gateway.intake.collecting.folder import FolderRules, FolderSource

        rules = FolderRules(
            path=folder.path or Path(),
            domain=config.smtp.domains[0],
            sender=folder.sender,
            trusts_from=folder.trust_from,
            look_every=folder.look_every,
        )
        yield FolderSource(name, rules)
    for name, mailbox in config.imap.items():
        from gateway.intake.collecting.imap import ImapSource

        yield ImapSource(name, mailbox, max_size=config.smtp.max_message_size)
    for name, account in config.microsoft365.items():
        from gateway.intake.collecting.microsoft365 import Microsoft365Source

        if account.collect:
            yield Microsoft365Source(name, account, max_size=config.smtp.max_message_size)
    for name, server in config.exchange.items():
        from gateway.intake.collecting.exchange import ExchangeSource

        for address in server.mailboxes if server.collect else ():
            yield ExchangeSource(name, server, address, max_size=config.smtp.max_message_size)
