"""Mails lie in a mailbox while the process that collects them is killed: each becomes one fax."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.harness import World
from tests.fakes.ews_server import MAILBOX, PASSWORD, USER, EwsServer
from tests.fakes.graph_server import CLIENT, SECRET, TENANT, GraphServer
from tests.fix_dovecot import Dovecot

pytestmark = pytest.mark.slow

MAIL = (
    "X-MS-Exchange-Organization-AuthAs: Internal\r\n"
    "From: ann@example.com\r\nTo: {number}@fax.example.com\r\nSubject: Offer\r\n\r\nHello\r\n"
)
MAILS, FEW = 24, 6
KILLED_AT = (1, 8, 16)  # mails in the queue


@dataclass
class Mailbox:
    """Where mails come to lie."""

    settings: str
    deliver: Callable[[bytes], object]
    mails_in: Callable[[str], list[bytes]]


def exchange_mailbox(server: EwsServer, localhost: Path, password: Path) -> Mailbox:
    password.write_text(PASSWORD)
    settings = (
        f'[exchange.box]\nurl = "{server.url}"\nmailboxes = ["{MAILBOX}"]\nauth = "ntlm"\n'
        f'username = \'{USER}\'\npassword_file = "{password}"\nca_file = "{localhost}/ca.pem"\n'
        'look_every = "5s"\n'
    )
    return Mailbox(settings, server.deliver, server.mails_in)


def microsoft365_mailbox(server: GraphServer, localhost: Path, secret: Path) -> Mailbox:
    secret.write_text(SECRET)
    settings = (
        f'[microsoft365.box]\ntenant = "{TENANT}"\nclient_id = "{CLIENT}"\n'
        f'client_secret_file = "{secret}"\nmailbox = "{MAILBOX}"\nauthority = "{server.url}"\n'
        f'endpoint = "{server.url}"\nca_file = "{localhost}/ca.pem"\nlook_every = "5s"\n'
    )
    return Mailbox(settings, server.deliver, server.mails_in)


async def test_mails_collected_by_imap_while_the_intake_is_killed_are_each_faxed_once(
    world: World, dovecot: Dovecot
):
    user = f"kill-{uuid4().hex}@example.com"
    (world.folder / "password").write_text("secret")
    settings = (
        f'[imap.box]\nhost = "127.0.0.1"\nport = {dovecot.tls_port}\nca_file = "{dovecot.folder}/ca.pem"\n'
        f'username = "{user}"\npassword_file = "{world.folder}/password"\nsenders = "internal"\n'
    )
    mailbox = Mailbox(
        settings,
        lambda content: dovecot.deliver(user, content),
        lambda folder: dovecot.mails_in(user, folder.replace("Inbox", "INBOX")),
    )

    await each_mail_is_faxed_once(world, mailbox)


@pytest.mark.parametrize("kind", ["exchange", "microsoft365"])
async def test_mails_collected_from_microsoft_while_the_intake_is_killed_are_each_faxed_once(
    world: World, localhost: Path, exchange: EwsServer, graph: GraphServer, kind: str
):
    password = world.folder / "password"
    if kind == "exchange":
        mailbox = exchange_mailbox(exchange, localhost, password)
    else:
        mailbox = microsoft365_mailbox(graph, localhost, password)

    await each_mail_is_faxed_once(world, mailbox)


async def each_mail_is_faxed_once(world: World, mailbox: Mailbox) -> None:
    """Whatever the intake was doing when it was killed."""
    numbers = await started(world, mailbox, MAILS)

    for reached in KILLED_AT:
        await world.until(lambda reached=reached: len(world.numbers()) >= reached)
        world.kill_now("intake")
        await world.until_ready("intake")
    await world.until(lambda: len(mailbox.mails_in("Faxed")) >= MAILS)

    assert Counter(world.numbers()) == Counter(numbers)
    assert len(mailbox.mails_in("Faxed")) == MAILS
    assert mailbox.mails_in("Inbox") == mailbox.mails_in("Not faxed") == []


@pytest.mark.parametrize("kind", ["exchange", "microsoft365"])
async def test_mails_that_are_ours_and_could_not_be_moved_before_a_kill_are_moved_and_not_faxed_again(
    world: World, localhost: Path, exchange: EwsServer, graph: GraphServer, kind: str
):
    password = world.folder / "password"
    if kind == "exchange":
        server, mailbox = exchange, exchange_mailbox(exchange, localhost, password)
    else:
        server, mailbox = graph, microsoft365_mailbox(graph, localhost, password)
    server.refuse_moves = True
    numbers = await started(world, mailbox, FEW)
    await world.until(lambda: len(world.numbers()) == FEW)

    world.kill_now("intake")
    await world.until_ready("intake")
    await world.until(lambda: world.log.count("Trying again in") >= 2)
    assert len(mailbox.mails_in("Inbox")) == FEW
    server.refuse_moves = False
    world.kill_now("intake")
    await world.until(lambda: len(mailbox.mails_in("Faxed")) >= FEW)

    assert Counter(world.numbers()) == Counter(numbers)
    assert mailbox.mails_in("Inbox") == mailbox.mails_in("Not faxed") == []


async def started(world: World, mailbox: Mailbox, mails: int) -> list[str]:
    """The numbers that mails in the mailbox are for; the intake has begun to collect them."""
    numbers = [f"+4930{number:05}" for number in range(mails)]
    for number in numbers:
        await asyncio.to_thread(mailbox.deliver, MAIL.format(number=number).encode())
    with world.config.open("a") as config:
        config.write(mailbox.settings)
    await world.start_gateway(roles=["intake"])
    return numbers
