"""Mails leave by SMTP, through the server of [mailer].

One connection is kept while there is something to send and closed when there is not. What the server says to
one mail decides about that mail; trouble with the server itself (no connection, no TLS, wrong password) is
temporary, because an administrator can mend it and the mail is then still owed.
"""

import asyncio
import ssl
from email.message import EmailMessage

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from gateway.config.schema import MailerSection
from gateway.errors import MailerRefused, MailerUnavailable

_IDLE = 20.0  # seconds a connection waits for the next mail


class SmtpMailer:
    """A `gateway.ports.mailer.Mailer`. Used as `async with`, which closes the connection in the end."""

    def __init__(self, section: MailerSection, *, trust: ssl.SSLContext | None = None) -> None:
        self._section = section
        self._trust = trust  # certificates to believe; None means the system's
        self._client: SMTP | None = None
        self._one_at_a_time = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> "SmtpMailer":
        """Nothing is opened before there is a mail."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """The connection is closed."""
        self._hang_up()

    async def send(self, message: EmailMessage, *, mail_from: str, recipient: str) -> None:
        """See the port. `mail_from` "" is the null sender (RFC 5321 4.5.5)."""
        async with self._one_at_a_time:
            self._stop_idling()
            try:
                await self._send(message, mail_from, recipient)
            except BaseException:
                self._hang_up()  # whatever the server thinks now, the next mail starts anew
                raise
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(_IDLE, self._hang_up)

    async def _send(self, message: EmailMessage, mail_from: str, recipient: str) -> None:
        reused = self._client is not None
        client = self._client or await self._connect()
        try:
            await client.send_message(message, sender=mail_from, recipients=[recipient])
        except SMTPServerDisconnected as error:
            if not reused:
                raise self._unavailable(error) from error
            # Servers hang up on idle clients. The mail may have arrived; its Message-ID stays the same.
            self._hang_up()
            await self._send(message, mail_from, recipient)
        except SMTPRecipientsRefused as error:
            raise self._judged(error.recipients[0]) from error
        except SMTPResponseException as error:
            raise self._judged(error) from error
        except SMTPNotSupported as error:
            raise MailerRefused(f"The mail server cannot take this mail: {error}") from error
        except (SMTPException, OSError) as error:
            raise self._unavailable(error) from error

    async def _connect(self) -> SMTP:
        section = self._section
        client = SMTP(
            hostname=section.host,
            port=section.port,
            username=section.username or None,
            password=section.password.reveal() if section.password else None,
            timeout=section.timeout.total_seconds(),
            use_tls=section.tls == "implicit",
            start_tls=section.tls == "starttls",
            tls_context=self._trust or (None if section.tls == "none" else ssl.create_default_context()),
        )
        try:
            await client.connect()
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise self._unavailable(error) from error
        self._client = client
        return client

    def _judged(self, error: SMTPResponseException) -> MailerRefused | MailerUnavailable:
        """5xx is for good, 4xx is not (RFC 5321 4.2.1)."""
        said = f"{error.code} {' '.join(error.message.split())}"
        if 500 <= error.code < 600:
            return MailerRefused(f"The mail server refuses the mail: {said}")
        return MailerUnavailable(f"The mail server does not take the mail now: {said}")

    def _unavailable(self, error: Exception) -> MailerUnavailable:
        where = f"{self._section.host}:{self._section.port}"
        return MailerUnavailable(
            f"The mail server {where} cannot be used: {' '.join(str(error).split()) or type(error).__name__}"
        )

    def _hang_up(self) -> None:
        self._stop_idling()
        if self._client is not None:
            self._client.close()
            self._client = None

    def _stop_idling(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
