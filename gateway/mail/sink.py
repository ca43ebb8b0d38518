"""A mail sink, for trying things out: it takes every mail and keeps it as a file. Not for production.

A mail is on disk (fsync) before the client gets its 250. A mail that comes twice is kept twice.
"""

import asyncio
import logging
import os
import re
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.errors import ConfigError

_SAFE = re.compile(r"[^A-Za-z0-9@.+_-]")
_MAX_MAIL = 100 * 1024 * 1024  # bytes


class MailSink:
    """Listens on `listen` (host:port) and writes `NNNN-recipient.eml` into `folder`. Used as `async with`."""

    def __init__(self, listen: str, folder: Path) -> None:
        self._listen = listen
        self._folder = folder
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Transport] = set()
        self.port = 0  #: TCP; known when listening

    async def __aenter__(self) -> "MailSink":
        """Listening.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        host, _, port = self._listen.rpartition(":")
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._protocol, host.strip("[]") or None, int(port))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"The mail sink cannot listen on {self._listen} ({error}). Choose another port."
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """The address is free; what was answered with 250 is in the folder."""
        if self._server is not None:
            self._server.close()
            for client in list(self._clients):
                client.abort()
            await self._server.wait_closed()

    def mails(self) -> list[Path]:
        """The mails kept so far, oldest first."""
        return sorted(self._folder.glob("*.eml"))

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The reply to a mail, which is durable now."""
        content = envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            await asyncio.to_thread(self._keep, recipient, str(envelope.mail_from), content)
        return "250 2.0.0 Kept"

    def _keep(self, recipient: str, mail_from: str, content: bytes) -> None:
        name = _SAFE.sub("_", recipient)[:100]
        partial = self._folder / f".{os.getpid()}-{id(content):x}.partial"
        with partial.open("wb") as file:
            file.write(f"Return-Path: <{mail_from.strip('<>')}>\r\nDelivered-To: {recipient}\r\n".encode())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        number = len(self.mails()) + 1
        while True:
            try:
                os.link(partial, self._folder / f"{number:04}-{name}.eml")
                break
            except FileExistsError:
                number += 1
        partial.unlink()

    def _protocol(self) -> SMTP:
        return _SinkProtocol(self, self._clients)


class _SinkProtocol(SMTP):
    def __init__(self, sink: MailSink, clients: set[asyncio.Transport]) -> None:
        super().__init__(
            sink,
            hostname="sink.example",
            ident="faxgw mail sink",
            enable_SMTPUTF8=True,
            data_size_limit=_MAX_MAIL,
            loop=asyncio.get_running_loop(),
        )
        self._clients = clients

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is here."""
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._clients.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """The client has gone."""
        self._clients.discard(self._transport)
        super().connection_lost(error)
