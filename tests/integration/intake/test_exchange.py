"""A mailbox of an Exchange server, as the documentation of EWS says that it behaves."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.intake.collecting.exchange import ExchangeSource
from gateway.intake.collecting.header import read_header
from gateway.microsoft.ews import ExchangeError
from gateway.model.collected import Taken
from gateway.model.ids import SubmissionId
from gateway.model.secret import Secret
from gateway.ports.mail_source import FoundMail
from tests.fakes.ews_server import MAILBOX, EwsServer, Failed
from tests.fix_exchange import an_exchange_section
from tests.patience import PATIENCE

MAIL = b"From: ann@example.com\r\nTo: +4930100@fax.example.com\r\n\r\nHello\r\n"
INTERNAL = b"X-MS-Exchange-Organization-AuthAs: Internal\r\n"
ACCEPTED, REFUSED = Taken(SubmissionId("S1")), Taken(None, ("No.",))

Opened = Callable[..., ExchangeSource]


@pytest.fixture
async def opened(exchange: EwsServer, localhost: Path) -> AsyncIterator[Opened]:
    made: list[ExchangeSource] = []

    def open_source(
        mailbox: str = MAILBOX, max_size: int = 1_000_000, *, streaming: bool = False, **settings: object
    ) -> ExchangeSource:
        section = an_exchange_section(exchange, localhost, streaming=streaming, **settings)
        made.append(ExchangeSource("test", section, mailbox, max_size=max_size))
        return made[-1]

    yield open_source
    for source in made:
        await source.close()


async def mails(source: ExchangeSource) -> list[FoundMail]:
    return [mail async for mail in source.mails()]


OAUTH = {"auth": "oauth", "client_id": "faxgw", "client_secret": Secret("client-secret")}


@pytest.mark.parametrize("how", ["basic", "ntlm", "oauth"])
async def test_mails_of_many_pages_are_found_by_every_login(exchange: EwsServer, opened: Opened, how: str):
    for number in range(5):
        exchange.deliver(MAIL + b"%d" % number)
    exchange.may_impersonate = how == "oauth"  # applications have no mailbox of their own
    oauth = OAUTH | {"token_url": f"{exchange.base}/token", "scope": "ews"}

    found = await mails(opened(**(oauth if how == "oauth" else {"auth": how})))

    assert [mail.content for mail in found] == [MAIL + b"%d" % number for number in range(5)]
    assert set(exchange.logins) == {how}


@pytest.mark.parametrize(("stamp", "proved"), [(INTERNAL, True), (b"", False), (INTERNAL * 2, False)])
async def test_a_sender_is_proved_by_the_one_stamp_of_exchange(
    exchange: EwsServer, opened: Opened, stamp: bytes, proved: bool
):
    exchange.deliver(stamp + MAIL)

    (mail,) = await mails(opened())

    assert mail.is_proved is proved


async def test_what_is_ours_and_what_is_refused_lie_in_folders_of_their_own(
    exchange: EwsServer, opened: Opened
):
    exchange.deliver(MAIL)
    exchange.deliver(MAIL + b"2")
    source = opened()
    first, second = await mails(source)

    await source.settle(first, ACCEPTED)
    await source.settle(second, REFUSED)

    assert exchange.mails_in("Faxed") == [MAIL]
    assert exchange.mails_in("Not faxed") == [MAIL + b"2"]
    assert exchange.mails_in("Inbox") == []


async def test_without_a_folder_for_them_mails_are_deleted(exchange: EwsServer, opened: Opened):
    exchange.deliver(MAIL)
    source = opened(done="")
    (mail,) = await mails(source)

    await source.settle(mail, ACCEPTED)

    assert [item.folder for item in exchange.items] == [""]


async def test_a_mail_that_cannot_be_given_out_stays_and_does_not_hold_up_the_others(
    exchange: EwsServer, opened: Opened, caplog: pytest.LogCaptureFixture
):
    exchange.deliver(MAIL)
    exchange.deliver(MAIL + b"2")
    exchange.unreadable.add(0)

    (mail,) = await mails(opened())

    assert mail.content == MAIL + b"2"
    assert "ErrorItemCorrupt" in caplog.text


async def test_a_mail_that_is_too_large_is_not_fetched(exchange: EwsServer, opened: Opened):
    exchange.deliver(INTERNAL + MAIL + b"x" * 5000)

    (mail,) = await mails(opened(max_size=1000))

    assert mail.fault == "The mail is larger than this fax server takes. Send it in several parts."
    assert mail.is_proved
    assert read_header(mail.content).senders == ("ann@example.com",)
    assert len(mail.content) < 1000


async def test_a_stream_that_ends_is_opened_anew_at_the_next_look(exchange: EwsServer, opened: Opened):
    source = opened(streaming=True)
    await mails(source)
    await source.wait()  # the subscription is there
    listener = source._listener
    assert isinstance(listener, threading.Thread)
    exchange.end_streams()
    await asyncio.to_thread(listener.join, PATIENCE)

    await mails(source)
    await source.wait()
    waiting = asyncio.create_task(source.wait())
    await asyncio.to_thread(exchange.deliver, MAIL)
    async with asyncio.timeout(PATIENCE):
        await waiting

    assert exchange.operations.count("Subscribe") == 2


async def test_a_server_that_is_busy_is_left_alone_as_long_as_it_asks(exchange: EwsServer, opened: Opened):
    source = opened()
    await mails(source)
    exchange.next_requests_fail(Failed("ErrorServerBusy", back_off_ms=300_000))
    with pytest.raises(ExchangeError, match="is busy"):
        await mails(source)
    asked = len(exchange.operations)

    with pytest.raises(ExchangeError, match="wants to be left alone for 300 s"):
        await mails(source)

    assert len(exchange.operations) == asked


async def test_a_failure_in_mid_work_is_no_loss(exchange: EwsServer, opened: Opened):
    exchange.deliver(MAIL)
    source = opened()
    (mail,) = await mails(source)
    exchange.next_requests_fail(Failed("ErrorInternalServerError"))
    with pytest.raises(ExchangeError, match="ErrorInternalServerError"):
        await source.settle(mail, ACCEPTED)

    (again,) = await mails(source)
    await source.settle(again, ACCEPTED)

    assert again.key == mail.key
    assert exchange.mails_in("Faxed") == [MAIL]


@pytest.mark.parametrize("how", ["basic", "ntlm", "oauth"])
async def test_a_wrong_password_says_what_to_check(exchange: EwsServer, opened: Opened, how: str):
    wrong = {"auth": how, "password": Secret("wrong"), "client_secret": Secret("wrong"), "client_id": "faxgw"}

    with pytest.raises(ExchangeError, match=r"cannot be used: .*Check \[exchange\.test\]"):
        await mails(opened(**wrong, token_url=f"{exchange.base}/token"))


async def test_impersonation_needs_its_right(exchange: EwsServer, opened: Opened):
    source = opened(access="impersonation")
    with pytest.raises(ExchangeError, match="ErrorImpersonateUserDenied"):
        await mails(source)
    exchange.may_impersonate = True
    exchange.deliver(MAIL)

    assert len(await mails(source)) == 1


async def test_a_mailbox_without_rights_is_named(opened: Opened):
    with pytest.raises(ExchangeError, match=r"mailbox other@example\.com"):
        await mails(opened("other@example.com"))


async def test_a_server_that_is_away_is_told_of(exchange: EwsServer, opened: Opened):
    with pytest.raises(ExchangeError, match="cannot be used"):
        await mails(opened(url="https://localhost:1/EWS/Exchange.asmx"))
