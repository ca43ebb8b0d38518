"""One SMTP connection: aiosmtpd's protocol with its slow paths replaced.

What is kept of aiosmtpd: the connection, its session, and its set-up. What is replaced, because a profile
showed it above everything else (docs/benchmarks.md): inspecting every method at each connection, the address
parser, a timer per command, a drain per reply, and the line-by-line DATA.

Promises: 250 to a message is said only when the store has it durably. A connection that breaks in mid DATA
leaves nothing. Memory per connection is bounded, whatever the client sends.
"""

import asyncio
import logging
import ssl

from aiosmtpd.smtp import SMTP

from gateway import faxlog
from gateway.errors import StoreUnavailable, TemporaryError
from gateway.intake import replies
from gateway.intake.accept import Transaction
from gateway.intake.block_reader import BlockReader
from gateway.intake.dialogue import Dialogue, Offer
from gateway.intake.message import COMMAND_LIMIT, receive, trace_line
from gateway.intake.screening import screened
from gateway.intake.service import Service
from gateway.intake.spool import Spool
from gateway.intake.tls import name_in
from gateway.model.envelope import Envelope
from gateway.model.submission import NewSubmission

_NOISE_LIMIT = 1024 * 1024  # bytes without a line end, after which the connection is closed
_HANDSHAKE = 30.0  # seconds

_log = logging.getLogger(__name__)


class SmtpSession(SMTP):
    """One connection."""

    def __init__(self, service: Service, *, lmtp: bool = False) -> None:
        vars(self).update(service.prototype)
        self._blocks = BlockReader(limit=COMMAND_LIMIT, loop=self.loop)
        asyncio.StreamReaderProtocol.__init__(self, self._blocks, self._cb_client_connected, loop=self.loop)
        self._service = service
        self._out: list[bytes] = []
        self._last_heard = 0.0
        self._lmtp = lmtp
        self._entered = False  # the guard counts us
        self._waiting = False  # for a command: nothing is lost when the connection ends now

    # What asyncio and aiosmtpd call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A session begins; aiosmtpd starts `_handle_client`."""
        peer = transport.get_extra_info("peername")
        client = str(peer[0]) if peer else "unknown"
        service = self._service
        offer = Offer(service.tls is not None, service.authenticator is not None, self._lmtp)
        self._dialogue = Dialogue(
            service.gatekeeper,
            service.hostname,
            service.max_message_size,
            client,
            offer=offer,
            guard=service.guard,
        )
        if transport.get_extra_info("sslcontext") is not None:
            self._dialogue.encryption_began(name_in(transport.get_extra_info("peercert")))
        self._entered = service.guard.enter(client)
        service.sessions.add(self)
        super().connection_made(transport)

    def eof_received(self) -> bool | None:
        """The client sends no more; what it sent is still worked off and answered."""
        return asyncio.StreamReaderProtocol.eof_received(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone. A message that is being stored is stored to its end, not cancelled."""
        self._service.sessions.discard(self)
        if self._entered:
            self._service.guard.leave(self._dialogue.client)
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

    # The dialogue.

    async def _handle_client(self) -> None:
        try:
            await self._converse()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone; what was not answered is not ours
        except Exception:  # noqa: BLE001  # one client's dialogue must not end the others
            _log.exception("smtp client=%s: unexpected error", self._dialogue.client)
            self._say_goodbye(replies.OUR_FAULT)
        finally:
            self._hang_up()

    async def _converse(self) -> None:
        service = self._service
        if len(service.sessions) > service.max_connections or not self._entered:
            self._say_goodbye(replies.TOO_MANY_CONNECTIONS)
            return
        if service.guard.is_banned(self._dialogue.client):
            self._say_goodbye(replies.BANNED)
            return
        self._reply(replies.greeting(service.hostname, lmtp=self._lmtp))
        while not service.closing:
            if (line := await self._line()) is None:
                self._say_goodbye(replies.TOO_MUCH_NOISE)
                return
            self._heard()
            reply = self._dialogue.reply_to(line) if line else replies.LINE_TOO_LONG
            if reply is replies.AUTHENTICATED:
                reply = await self._check_password()
            elif reply is replies.RECIPIENT_OK and service.screen is not None:
                reply = await screened(service.screen, self._dialogue)
            self._reply(reply)
            if reply is replies.START_DATA:
                await self._take_message()
            elif reply is replies.START_TLS:
                await self._start_tls()
            elif self._dialogue.ends_with(reply):
                await self._flush()
                return
        self._say_goodbye(replies.CLOSING)

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

    async def _check_password(self) -> bytes:
        """The reply to a password; a wrong one is answered the slower the more there were."""
        dialogue, service = self._dialogue, self._service
        credentials, dialogue.credentials = dialogue.credentials, None
        if credentials is None or service.authenticator is None:
            return replies.AUTH_SYNTAX
        try:
            dialogue.login = await service.authenticator.login(credentials.name, credentials.password)
        except TemporaryError as error:
            _log.error("smtp client=%s: %s", dialogue.client, error)
            return replies.CANNOT_AUTHENTICATE
        if dialogue.login is not None:
            return replies.AUTHENTICATED
        faxlog.wrong_password(client=dialogue.client, name=credentials.name)
        await asyncio.sleep(service.guard.guessed(dialogue.client) * service.tarpit)
        return replies.BANNED if service.guard.is_banned(dialogue.client) else replies.WRONG_PASSWORD

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

    # The message.

    async def _take_message(self) -> None:
        """The message is stored or refused, and the client knows: LMTP once a recipient (RFC 2033 4.2)."""
        transaction = self._dialogue.transaction
        answers = transaction.accepted if self._lmtp and transaction is not None else 1
        reply = await self._message()
        for _ in range(answers):
            self._reply(reply)

    async def _message(self) -> bytes:
        """The reply to a message that comes now."""
        await self._flush()
        transaction, self._dialogue.transaction = self._dialogue.transaction, None
        if transaction is None:  # the dialogue says START_DATA only with a transaction
            return replies.MAIL_FIRST
        spool = Spool(self._service.spool_folder)
        try:
            refusal = await receive(
                self._blocks,
                spool,
                trace=self._trace(),
                limit=self._service.max_message_size,
                heard=self._heard,
            )
            return refusal or await self._submit(spool, transaction)
        finally:
            spool.discard()

    async def _submit(self, spool: Spool, transaction: Transaction) -> bytes:
        """The reply to a complete message: 250 when the store has it durably."""
        client, login = self._dialogue.client, self._dialogue.login
        recipients = tuple(transaction.recipients.values())
        submission = NewSubmission(
            Envelope(transaction.mail_from, tuple(recipient.address for recipient in recipients)),
            recipients,
            f"{'lmtp' if self._lmtp else 'smtp'} {client}" + (f" login {login.name}" if login else ""),
        )
        try:
            stored = await self._service.jobs.submit(submission, spool.take())
        except StoreUnavailable:
            _log.exception("smtp client=%s: cannot store a mail", client)
            return replies.STORE_UNAVAILABLE
        self._service.guard.sent(self._dialogue.who)
        faxlog.accepted(
            stored,
            client=client,
            mail_from=transaction.mail_from,
            numbers=tuple(transaction.recipients),
            size=spool.size,
        )
        return replies.accepted(stored)

    def _trace(self) -> bytes:
        dialogue = self._dialogue
        return trace_line(
            hello=dialogue.hello,
            client=dialogue.client,
            hostname=self._service.hostname,
            lmtp=self._lmtp,
            encrypted=dialogue.encrypted,
            authenticated=dialogue.login is not None,
        )

    def _heard(self) -> None:
        self._last_heard = self.loop.time()
