"""A mail server that can be told how to fail. Real SMTP on a real port; mails are kept in memory."""

import asyncio
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult


class ScriptedMailServer:
    """Takes mails, unless the next replies are scripted. Used as `async with`."""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, implicit: bool = False, password: str = ""
    ) -> None:
        self._tls, self._implicit, self._password = tls, implicit, password
        self._replies: dict[str, list[str]] = {"MAIL": [], "RCPT": [], "DATA": []}
        self._server: asyncio.Server | None = None
        self._transports: set[asyncio.Transport] = set()
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.connections = 0
        self.port = 0

    def next_reply(self, verb: str, reply: str) -> None:
        """The next MAIL, RCPT or DATA is answered with this."""
        self._replies[verb].append(reply)

    def hang_up(self) -> None:
        """Every connection is closed, as servers do with idle clients."""
        for transport in list(self._transports):
            transport.abort()

    async def __aenter__(self) -> "ScriptedMailServer":
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Protocol(self), "127.0.0.1", 0, ssl=self._tls if self._implicit else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self._replies["MAIL"]:
            return self._replies["MAIL"].pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self._replies["RCPT"]:
            return self._replies["RCPT"].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self._replies["DATA"]:
            return self._replies["DATA"].pop(0)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, data) -> AuthResult:
        return AuthResult(success=data.password == self._password.encode(), handled=False)


class _Protocol(SMTP):
    def __init__(self, owner: ScriptedMailServer) -> None:
        super().__init__(
            owner,
            hostname="mail.example.com",
            loop=asyncio.get_running_loop(),
            tls_context=None if owner._implicit else owner._tls,
            authenticator=owner.authenticate,
            auth_require_tls=bool(owner._tls) and not owner._implicit,
        )
        self._auth_required = bool(owner._password)  # as an argument it warns of implicit TLS
        self._owner = owner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._own_transport = transport
        self._owner._transports.add(transport)
        self._owner.connections += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._owner._transports.discard(self._own_transport)
        super().connection_lost(error)
