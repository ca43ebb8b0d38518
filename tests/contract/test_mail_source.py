"""Every place mails are collected from keeps the same promises."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from gateway.intake.collecting.exchange import ExchangeSource
from gateway.intake.collecting.folder import FolderRules, FolderSource
from gateway.intake.collecting.imap import ImapSource
from gateway.intake.collecting.microsoft365 import Microsoft365Source
from gateway.model.collected import Taken
from gateway.model.ids import SubmissionId
from gateway.ports.mail_source import FoundMail, MailSource
from tests.fakes.ews_server import MAILBOX, EwsServer
from tests.fakes.graph_server import GraphServer
from tests.fakes.mail_source import FakeSource
from tests.fix_dovecot import Dovecot
from tests.fix_exchange import an_exchange_section
from tests.fix_graph import a_section
from tests.patience import PATIENCE

TAKEN = Taken(SubmissionId("S1"))


def a_mail(text: str) -> bytes:
    return f"From: ann@example.com\r\nTo: +4930100@fax.example.com\r\n\r\n{text}\r\n".encode()


@dataclass
class Place:
    """Where mails come to lie, and how to look at it."""

    deliver: Callable[[bytes], object]
    open: Callable[[], MailSource]


def fake(_: pytest.FixtureRequest) -> Place:
    source = FakeSource()
    return Place(lambda content: source.put(FoundMail(uuid4().hex, content)), lambda: source)


def folder(request: pytest.FixtureRequest) -> Place:
    path: Path = request.getfixturevalue("tmp_path")
    rules = FolderRules(
        path, "fax.example.com", "sap@example.com", look_every=timedelta(minutes=5), settle=timedelta(0)
    )

    def deliver(content: bytes) -> None:
        (path / f"{uuid4().hex}.eml").write_bytes(content)

    return Place(deliver, lambda: FolderSource("drop", rules))


def imap(request: pytest.FixtureRequest) -> Place:
    server: Dovecot = request.getfixturevalue("dovecot")
    user = f"user-{uuid4().hex}@example.com"
    section = server.section(username=user)
    return Place(
        lambda content: server.deliver(user, content),
        lambda: ImapSource("contract", section, max_size=1_000_000),
    )


def microsoft365(request: pytest.FixtureRequest) -> Place:
    server: GraphServer = request.getfixturevalue("graph")
    section = a_section(server, request.getfixturevalue("localhost"))
    return Place(server.deliver, lambda: Microsoft365Source("contract", section, max_size=1_000_000))


def exchange(request: pytest.FixtureRequest) -> Place:
    server: EwsServer = request.getfixturevalue("exchange")
    section = an_exchange_section(server, request.getfixturevalue("localhost"))
    return Place(server.deliver, lambda: ExchangeSource("contract", section, MAILBOX, max_size=1_000_000))


@pytest.fixture(params=[fake, folder, imap, microsoft365, exchange])
def place(request: pytest.FixtureRequest) -> Place:
    made: Place = request.param(request)
    return made


@pytest.fixture
async def source(place: Place) -> AsyncIterator[MailSource]:
    opened = place.open()
    yield opened
    await opened.close()


async def look(source: MailSource) -> list[FoundMail]:
    return [mail async for mail in source.mails()]


def content(mail: FoundMail) -> bytes:
    return mail.content if isinstance(mail.content, bytes) else mail.content.read_bytes()


async def test_mails_that_lie_there_are_found_as_they_are(place: Place, source: MailSource):
    for text in ("one", "two"):
        await asyncio.to_thread(place.deliver, a_mail(text))

    found = await look(source)

    assert sorted(map(content, found)) == [a_mail("one"), a_mail("two")]
    assert len({mail.key for mail in found}) == 2


async def test_a_mail_is_found_with_the_same_key_until_it_is_settled(place: Place, source: MailSource):
    await asyncio.to_thread(place.deliver, a_mail("one"))
    (first,) = await look(source)

    (again,) = await look(source)
    other = place.open()
    (elsewhere,) = await look(other)
    await other.close()

    assert first.key == again.key == elsewhere.key


async def test_a_settled_mail_is_found_no_more_and_settling_it_again_is_no_error(
    place: Place, source: MailSource
):
    await asyncio.to_thread(place.deliver, a_mail("one"))
    (mail,) = await look(source)

    for _ in range(2):
        await source.settle(mail, TAKEN)

    assert await look(source) == []


async def test_a_new_mail_never_has_the_key_of_an_old_one(place: Place, source: MailSource):
    await asyncio.to_thread(place.deliver, a_mail("one"))
    (old,) = await look(source)
    await source.settle(old, TAKEN)
    await asyncio.to_thread(place.deliver, a_mail("one"))

    (new,) = await look(source)

    assert new.key != old.key


async def test_waiting_ends_when_a_mail_comes(place: Place, source: MailSource):
    await look(source)
    waiting = asyncio.create_task(source.wait())
    await asyncio.sleep(0)

    await asyncio.to_thread(place.deliver, a_mail("one"))
    async with asyncio.timeout(PATIENCE):
        await waiting

    assert len(await look(source)) == 1
