"""A mailbox of a real Dovecot: mails are fetched, announced by IDLE, and moved away when they are ours."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest

from gateway.errors import SourceUnavailable
from gateway.intake.collecting.imap import ImapSource
from gateway.model.collected import Taken
from gateway.model.ids import SubmissionId
from gateway.model.secret import Secret
from gateway.ports.mail_source import FoundMail
from tests.fix_dovecot import Dovecot
from tests.patience import PATIENCE

MAIL = b"From: ann@example.com\r\nTo: +4930100@fax.example.com\r\nSubject: \xfc\r\n\r\nHello\r\n"
ACCEPTED, REFUSED = Taken(SubmissionId("S1")), Taken(None, ("No.",))

Opened = Callable[..., ImapSource]


@pytest.fixture
def user() -> str:
    return f"user-{uuid4().hex}@example.com"


@pytest.fixture
async def opened(dovecot: Dovecot, user: str) -> AsyncIterator[Opened]:
    made: list[ImapSource] = []

    def open_source(max_size: int = 1_000_000, **settings: object) -> ImapSource:
        given = {"username": user, "senders": "internal", **settings}
        made.append(ImapSource("test", dovecot.section(**given), max_size=max_size))  # type: ignore[arg-type]
        return made[-1]

    yield open_source
    for source in made:
        await source.close()


async def mails(source: ImapSource) -> list[FoundMail]:
    return [mail async for mail in source.mails()]


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_a_mail_is_fetched_as_it_is_over_tls(dovecot: Dovecot, user: str, opened: Opened, tls: str):
    dovecot.deliver(user, MAIL)
    port = dovecot.tls_port if tls == "implicit" else dovecot.port

    (mail,) = await mails(opened(tls=tls, port=port))

    assert mail.content == MAIL
    assert mail.is_proved


async def test_from_is_not_believed_unless_the_mailbox_is_internal(
    dovecot: Dovecot, user: str, opened: Opened
):
    dovecot.deliver(user, MAIL)

    (mail,) = await mails(opened(senders="proved"))

    assert not mail.is_proved


async def test_what_is_ours_and_what_is_refused_lie_in_folders_of_their_own(
    dovecot: Dovecot, user: str, opened: Opened
):
    dovecot.deliver(user, MAIL)
    dovecot.deliver(user, MAIL.replace(b"Hello", b"Bye"))
    source = opened()
    first, second = await mails(source)

    await source.settle(first, ACCEPTED)
    await source.settle(second, REFUSED)

    assert dovecot.mails_in(user, "INBOX") == []
    assert dovecot.mails_in(user, "Faxed") == [MAIL]
    assert dovecot.mails_in(user, "Not faxed") == [MAIL.replace(b"Hello", b"Bye")]


async def test_without_a_folder_for_them_mails_are_deleted(dovecot: Dovecot, user: str, opened: Opened):
    dovecot.deliver(user, MAIL)
    source = opened(done="")
    (mail,) = await mails(source)

    await source.settle(mail, ACCEPTED)

    assert dovecot.mails_in(user, "INBOX") == []
    assert dovecot.mails_in(user, "Faxed") == []


async def test_a_mail_that_is_too_large_is_not_fetched(dovecot: Dovecot, user: str, opened: Opened):
    dovecot.deliver(user, MAIL + b"x" * 5000)

    (mail,) = await mails(opened(max_size=2000))

    assert mail.fault == "The mail is larger than this fax server takes. Send it in several parts."
    assert isinstance(mail.content, bytes)
    assert len(mail.content) < 200


async def test_the_gateway_logs_in_with_a_token(dovecot: Dovecot, opened: Opened):
    dovecot.deliver("fax@example.com", MAIL)
    oauth = {"token_url": f"{dovecot.tokens.url}/token", "client_id": "faxgw", "scope": "imap"}

    found = await mails(opened(username="fax@example.com", client_secret=Secret("client-secret"), **oauth))

    assert [mail.content for mail in found] == [MAIL]
    asked = dovecot.tokens.asked[-1]
    assert (asked["grant_type"], asked["client_id"], asked["scope"]) == (
        "client_credentials",
        "faxgw",
        "imap",
    )


async def test_a_token_that_is_not_given_is_no_loss(dovecot: Dovecot, opened: Opened):
    source = opened(token_url=f"{dovecot.tokens.url}/token", client_secret=Secret("wrong"))

    with pytest.raises(SourceUnavailable, match=r"gives no access token: Bad secret\."):
        await mails(source)


async def test_a_wrong_password_says_which_mailbox_and_where_to_look(opened: Opened):
    with pytest.raises(SourceUnavailable, match=r"user-.* at 127\.0\.0\.1:.*Check \[imap\.test\]"):
        await mails(opened(password=Secret("wrong")))


async def test_a_connection_that_breaks_is_made_anew(dovecot: Dovecot, user: str, opened: Opened):
    source = opened()
    await mails(source)
    source._interrupt()
    with pytest.raises(SourceUnavailable):
        await mails(source)
    dovecot.deliver(user, MAIL)

    assert len(await mails(source)) == 1


async def test_waiting_can_be_given_up_at_once(opened: Opened):
    source = opened()
    await mails(source)
    waiting = asyncio.create_task(source.wait())
    await asyncio.sleep(0)

    waiting.cancel()
    async with asyncio.timeout(PATIENCE):
        await source.close()

    assert waiting.cancelled() or waiting.cancelling()


@pytest.mark.parametrize("size", ["", ",S=900,W=920"])
async def test_a_mail_that_the_server_cannot_read_does_not_hold_up_the_others(
    dovecot: Dovecot, user: str, opened: Opened, caplog: pytest.LogCaptureFixture, size: str
):
    dovecot.deliver(user, MAIL)
    dovecot.deliver_unreadable(user, size=size)
    dovecot.deliver(user, MAIL.replace(b"Hello", b"Bye"))
    source = opened()

    found = await mails(source)

    assert sorted(mail.content for mail in found) == [MAIL.replace(b"Hello", b"Bye"), MAIL]
    assert "cannot be read and stays there" in caplog.text
    for mail in found:
        await source.settle(mail, ACCEPTED)
    assert await mails(source) == []
    assert dovecot.mails_in(user, "Faxed") != []
