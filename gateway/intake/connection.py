"""One connection: aiosmtpd's protocol with its slow paths replaced.

What is kept of aiosmtpd: the connection, its session, and its set-up. What is replaced, because a profile
showed it above everything else (docs/benchmarks.md): inspecting every method at each connection, the address
parser, a timer per command, a drain per reply, and the line-by-line DATA.
"""

import asyncio
import logging
import ssl

from aiosmtpd.smtp import SMTP

from gateway.intake import replies
from gateway.intake.accept import is_in
from gateway.intake.block_reader import BlockReader
from gateway.intake.dialogue import Dialogue, Offer
from gateway.intake.message import COMMAND_LIMIT
from gateway.intake.service import Service
from gateway.intake.tls import name_in

_NOISE_LIMIT = 1024 * 1024  # bytes without a line end, after which the connection is closed
_HANDSHAKE = 30.0  # seconds

_log = logging.getLogger(__name__)


class Connection(SMTP):
    """Lines in, replies out, and a dialogue that nobody leads yet."""

    def __init__(self, service: Service, *, lmtp: bool = False) -> None:
        vars(self).update(service.prototype)
        self._blocks = BlockReader(limit=COMMAND_LIMIT, loop=self.loop)
        asyncio.StreamReaderProtocol.__init__(self, self._blocks, self._cb_client_connected, loop=self.loop)
        self._service = service
        self._out: list[bytes] = []
        self._last_heard = 0.0
        self._lmtp = lmtp
        self._entered = ""  # the address that the guard counts us under
        self._proxied = False  # the client is behind who has connected
        self._waiting = False  # for a command: nothing is lost when the connection ends now

    # What asyncio and aiosmtpd call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A session begins; aiosmtpd starts `_handle_client`."""
        peer = transport.get_extra_info("peername")
        client = str(peer[0]) if peer else "unknown"
        self._dialogue = self._new_dialogue(client)
        has_tls = transport.get_extra_info("sslcontext") is not None
        self._proxied = not has_tls and is_in(client, self._service.proxy_networks)
        if has_tls:
            self._dialogue.encryption_began(name_in(transport.get_extra_info("peercert")))
        if not self._proxied:
            self._enter(client)
        self._service.sessions.add(self)
        super().connection_made(transport)

    def _new_dialogue(self, client: str) -> Dialogue:
        service = self._service
        return Dialogue(
            service.gatekeeper,
            service.hostname,
            service.max_message_size,
            client,
            offer=Offer(
                starttls=service.tls is not None,
                passwords=service.authenticator is not None,
                lmtp=self._lmtp,
                xclient=is_in(client, service.xclient_networks),
            ),
            guard=service.guard,
        )

    def _enter(self, client: str) -> None:
        self._entered = client if self._service.guard.enter(client) else ""

    def eof_received(self) -> bool | None:
        """The client sends no more; what it sent is still worked off and answered."""
        return asyncio.StreamReaderProtocol.eof_received(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone. A message that is being stored is stored to its end, not cancelled."""
        self._service.sessions.discard(self)
        if self._entered:
            self._service.guard.leave(self._entered)
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        self.transport = None

    def _reset_timeout(self, duration: float | None = None) -> None:
        # One timer that looks back, in place of a new one for each command.
        self._last_heard = self.loop.time()
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(
                duration or self._service.idle_timeout, self._timeout_cb
            )

    def _timeout_cb(self) -> None:
        idle_until = self._last_heard + self._service.idle_timeout
        if self.loop.time() < idle_until:
            self._timeout_handle = self.loop.call_at(idle_until, self._timeout_cb)
        else:
            self._say_goodbye(replies.IDLE)

    # For the listener that closes.

    def close_when_idle(self) -> None:
        """The connection ends now if it waits for a command, else after the command under way."""
        if self._waiting:
            self._say_goodbye(replies.CLOSING)

    def abort(self) -> None:
        """The connection ends now."""
        if self.transport is not None:
            self._writer.transport.abort()

    @property
    def task(self) -> "asyncio.Task[None]":
        """What serves this connection."""
        assert self._handler_coroutine is not None  # made together with the connection
        return self._handler_coroutine

    # For the session.

    async def _line(self) -> bytes | None:
        """The next line; b"" in place of one that was too long; None when it never ends."""
        if not self._blocks.has_line():
            await self._flush()
        noise = 0
        self._waiting = True
        try:
            while noise < _NOISE_LIMIT:
                try:
                    line: bytes = await self._blocks.readuntil(b"\n")
                    return b"" if noise else line
                except asyncio.LimitOverrunError as error:
                    noise += len(await self._blocks.read(max(1, error.consumed)))
            return None
        finally:
            self._waiting = False

    def _reply(self, reply: bytes) -> None:
        self._out.append(reply + b"\r\n")

    async def _flush(self) -> None:
        """What was replied is on its way. Replies to pipelined commands leave together (RFC 2920 3.2)."""
        if self._out:
            self._writer.write(b"".join(self._out))
            self._out.clear()
            if self._writer.transport.get_write_buffer_size():
                await self._writer.drain()

    def _say_goodbye(self, reply: bytes) -> None:
        if self.transport is not None:
            self._reply(reply)
            self._writer.write(b"".join(self._out))
            self._out.clear()
            self._hang_up()

    async def _start_tls(self) -> None:
        """TLS is active (RFC 3207); what the client sent before its handshake does not count."""
        await self._flush()
        plain = self._writer.transport
        assert self._service.tls is not None  # the dialogue says START_TLS only then
        self._blocks.forget()  # before the handshake: what comes after it is encrypted
        try:
            transport = await self.loop.start_tls(
                plain, self, self._service.tls, server_side=True, ssl_handshake_timeout=_HANDSHAKE
            )
        except (ssl.SSLError, OSError) as error:
            _log.info("smtp client=%s: no TLS: %s", self._dialogue.client, error)
            raise ConnectionAbortedError from error
        assert transport is not None
        self._blocks.move_to(transport)
        self.transport, self._over_ssl = transport, True
        self._writer = asyncio.StreamWriter(transport, self, self._blocks, self.loop)
        self._dialogue.encryption_began(name_in(transport.get_extra_info("peercert")))

    def _hang_up(self) -> None:
        if not self._writer.transport.is_closing():  # TLS that is closed twice cannot be aborted any more
            self._writer.close()

    def _heard(self) -> None:
        self._last_heard = self.loop.time()
