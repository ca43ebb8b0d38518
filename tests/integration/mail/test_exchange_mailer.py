"""Answers leave through a mailbox of an Exchange server."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from gateway.errors import MailerRefused, MailerUnavailable
from gateway.mail.ews import ExchangeMailer
from tests.fakes.ews_server import MAILBOX, EwsServer, Failed
from tests.fix_exchange import an_exchange_section


def an_answer() -> EmailMessage:
    message = EmailMessage()
    message["From"] = MAILBOX
    message["To"] = "ann@example.com"
    message["Subject"] = "Fax to +4930100 delivered"
    message["Message-ID"] = "<1@fax1>"
    message["Auto-Submitted"] = "auto-replied"
    message.set_content("Delivered.")
    message.add_attachment(b"%PDF", "application", "pdf", filename="fax.pdf")
    return message


async def test_an_answer_is_sent_as_it_is_and_tried_again_when_the_server_is_away(
    exchange: EwsServer, localhost: Path
):
    async with ExchangeMailer("test", an_exchange_section(exchange, localhost), MAILBOX) as mailer:
        exchange.next_requests_fail(Failed("ErrorMailboxStoreUnavailable"))
        with pytest.raises(MailerUnavailable, match="ErrorMailboxStoreUnavailable"):
            await mailer.send(an_answer(), mail_from="", recipient="ann@example.com")
        assert exchange.sent == []

        await mailer.send(an_answer(), mail_from="", recipient="ann@example.com")

    (sent,) = exchange.sent
    assert (sent["To"], sent["Message-ID"], sent["Auto-Submitted"]) == (
        "ann@example.com",
        "<1@fax1>",
        "auto-replied",
    )
    assert [part.get_content() for part in sent.iter_attachments()] == [b"%PDF"]


@pytest.mark.parametrize("limit", ["largest_mail", "largest_request"])
async def test_an_answer_that_is_too_large_is_refused_and_not_tried_for_days(
    exchange: EwsServer, localhost: Path, limit: str
):
    setattr(exchange, limit, 3000)
    large = an_answer()
    large.add_attachment(b"%PDF" * 1000, "application", "pdf", filename="large.pdf")
    async with ExchangeMailer("test", an_exchange_section(exchange, localhost), MAILBOX) as mailer:
        with pytest.raises(MailerRefused, match="does not take"):
            await mailer.send(large, mail_from="", recipient="ann@example.com")

        await mailer.send(an_answer(), mail_from="", recipient="ann@example.com")

    assert len(exchange.sent) == 1
