"""Mails leave through a mailbox of [exchange.NAME], by EWS."""

import asyncio
from email.message import EmailMessage
from email.policy import SMTP

from gateway.config.sources import ExchangeSection
from gateway.errors import MailerRefused, MailerUnavailable
from gateway.microsoft.ews import Exchange, ExchangeError, MailNotTaken


class ExchangeMailer:
    """A `gateway.ports.mailer.Mailer`. Used as `async with`."""

    def __init__(self, name: str, section: ExchangeSection, mailbox: str) -> None:
        self._exchange = Exchange(name, section, mailbox)
        self._one_at_a_time = asyncio.Lock()

    async def __aenter__(self) -> "ExchangeMailer":
        """Nothing is opened before there is a mail."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Connections are closed."""
        await asyncio.to_thread(self._exchange.hush)

    async def send(self, message: EmailMessage, *, mail_from: str, recipient: str) -> None:  # noqa: ARG002
        """See the port. The envelope is Exchange's: it sends from the mailbox to what To says."""
        content = await asyncio.to_thread(message.as_bytes, policy=SMTP)
        async with self._one_at_a_time:
            try:
                await asyncio.to_thread(self._exchange.send, message, content)
            except MailNotTaken as error:
                raise MailerRefused(str(error)) from error
            except ExchangeError as error:
                raise MailerUnavailable(str(error)) from error
