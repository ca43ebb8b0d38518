"""One SMTP connection: aiosmtpd's protocol with its slow paths replaced.

What is kept of aiosmtpd: the connection, its session, and its set-up. What is replaced, because a profile
showed it above everything else (docs/benchmarks.md): inspecting every method at each connection, the address
parser, a timer per command, a drain per reply, and the line-by-line DATA.

Promises: 250 to a message is said only when the store has it durably. A connection that breaks in mid DATA
leaves nothing. Memory per connection is bounded, whatever the client sends.
"""

import asyncio
import logging
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from gateway import faxlog
from gateway.errors import StoreUnavailable
from gateway.intake import replies
from gateway.intake.accept import Gatekeeper, Transaction
from gateway.intake.block_reader import BlockReader
from gateway.intake.data import MessageData
from gateway.intake.dialogue import Dialogue
from gateway.intake.spool import Spool
from gateway.model.envelope import Envelope
from gateway.model.submission import NewSubmission
from gateway.ports.job_store import JobStore

_COMMAND_LIMIT = 2048  # bytes in a line; RFC 5321 4.5.3.1.4 asks for 512 and more with extensions
_NOISE_LIMIT = 1024 * 1024  # bytes without a line end, after which the connection is closed
_BLOCK = 256 * 1024  # bytes; what asyncio reads from a socket at once
_READ_AHEAD = 64 * 1024  # bytes buffered before asyncio stops reading until we have taken them
_ODD = re.compile(r"[^!-~]")

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Service:
    """What all connections of a listener share."""

    jobs: JobStore
    gatekeeper: Gatekeeper
    spool_folder: Path
    hostname: str
    max_message_size: int  #: bytes
    max_connections: int
    idle_timeout: float = 300.0  #: seconds; RFC 5321 4.5.3.2.7
    closing: bool = False
    sessions: "set[SmtpSession]" = field(default_factory=set)
    prototype: dict[str, Any] = field(default_factory=dict)  #: what aiosmtpd's constructor sets

    def inspect(self) -> None:
        """Lets aiosmtpd look at its methods once, in place of once a connection (0.3 ms each)."""
        protocol = SMTP(None, hostname=self.hostname, loop=asyncio.get_running_loop())
        self.prototype = vars(protocol).copy()


class SmtpSession(SMTP):
    """One connection."""

    def __init__(self, service: Service) -> None:
        vars(self).update(service.prototype)
        self._blocks = BlockReader(limit=_COMMAND_LIMIT, loop=self.loop)
        asyncio.StreamReaderProtocol.__init__(self, self._blocks, self._cb_client_connected, loop=self.loop)
        self._service = service
        self._out: list[bytes] = []
        self._last_heard = 0.0
        self._waiting = False  # for a command: nothing is lost when the connection ends now

    # What asyncio and aiosmtpd call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A session begins; aiosmtpd starts `_handle_client`."""
        peer = transport.get_extra_info("peername")
        client = str(peer[0]) if peer else "unknown"
        service = self._service
        self._dialogue = Dialogue(service.gatekeeper, service.hostname, service.max_message_size, client)
        service.sessions.add(self)
        super().connection_made(transport)

    def eof_received(self) -> bool | None:
        """The client sends no more; what it sent is still worked off and answered."""
        return asyncio.StreamReaderProtocol.eof_received(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone. A message that is being stored is stored to its end, not cancelled."""
        self._service.sessions.discard(self)
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
            self._writer.close()

    async def _converse(self) -> None:
        service = self._service
        if len(service.sessions) > service.max_connections:
            self._say_goodbye(replies.TOO_MANY_CONNECTIONS)
            return
        self._reply(replies.greeting(service.hostname))
        while not service.closing:
            if (line := await self._line()) is None:
                self._say_goodbye(replies.TOO_MUCH_NOISE)
                return
            self._last_heard = self.loop.time()
            reply = self._dialogue.reply_to(line) if line else replies.LINE_TOO_LONG
            self._reply(reply)
            if reply is replies.START_DATA:
                self._reply(await self._message())
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
            self._writer.close()

    # The message.

    async def _message(self) -> bytes:
        """The reply to a message that comes now."""
        await self._flush()
        transaction, self._dialogue.transaction = self._dialogue.transaction, None
        if transaction is None:  # the dialogue says START_DATA only with a transaction
            return replies.MAIL_FIRST
        spool = Spool(self._service.spool_folder)
        try:
            return await self._receive(spool) or await self._submit(spool, transaction)
        finally:
            spool.discard()

    async def _receive(self, spool: Spool) -> bytes | None:
        """The refusal of a message that cannot be taken, which is read to its end all the same."""
        data, size, limit = MessageData(), 0, self._service.max_message_size
        refusal = _write(spool, self._received_header())
        self._blocks.set_limit(_READ_AHEAD)
        try:
            while not data.ended:
                if not (block := await self._blocks.read(_BLOCK)):
                    raise asyncio.IncompleteReadError(b"", None)
                self._last_heard = self.loop.time()
                content = data.receive(block)
                size += len(content)
                if size > limit and refusal is not replies.TOO_LARGE:
                    refusal = replies.TOO_LARGE
                    spool.discard()
                elif refusal is None:
                    refusal = _write(spool, content)
        finally:
            self._blocks.set_limit(_COMMAND_LIMIT)
        if data.rest:
            self._blocks.put_back(data.rest)
        return refusal

    async def _submit(self, spool: Spool, transaction: Transaction) -> bytes:
        """The reply to a complete message: 250 when the store has it durably."""
        client = self._dialogue.client
        recipients = tuple(transaction.recipients.values())
        submission = NewSubmission(
            Envelope(transaction.mail_from, tuple(recipient.address for recipient in recipients)),
            recipients,
            f"smtp {client}",
        )
        try:
            stored = await self._service.jobs.submit(submission, spool.take())
        except StoreUnavailable:
            _log.exception("smtp client=%s: cannot store a mail", client)
            return replies.STORE_UNAVAILABLE
        faxlog.accepted(
            stored,
            client=client,
            mail_from=transaction.mail_from,
            numbers=tuple(transaction.recipients),
            size=spool.size,
        )
        return replies.accepted(stored)

    def _received_header(self) -> bytes:
        """The trace line of RFC 5321 4.4."""
        hello = _ODD.sub("?", self._dialogue.hello)[:255]
        by, now = self._service.hostname, format_datetime(datetime.now(UTC))
        return (
            f"Received: from {hello} ([{self._dialogue.client}])\r\n\tby {by} with ESMTP; {now}\r\n".encode()
        )


def _write(spool: Spool, content: bytes) -> bytes | None:
    """The refusal when the disk does not take it."""
    try:
        spool.write(content)
    except OSError:
        _log.exception("cannot write a mail to the spool folder")
        spool.discard()
        return replies.SPOOL_FULL
    return None
