"""One SMTP session: what the dialogue decides is done.

Promises: 250 to a message is said only when the store has it durably. A connection that breaks in mid DATA
leaves nothing. Memory per connection is bounded, whatever the client sends.
"""

import asyncio
import logging

from gateway import faxlog
from gateway.errors import StoreUnavailable, TemporaryError
from gateway.intake import replies
from gateway.intake.accept import Transaction
from gateway.intake.chunk import START_CHUNK
from gateway.intake.connection import Connection
from gateway.intake.message import receive, receive_chunk, trace_line
from gateway.intake.proxy import client_behind
from gateway.intake.screening import screened
from gateway.intake.service import Service
from gateway.intake.spool import Spool
from gateway.model.envelope import Envelope
from gateway.model.submission import NewSubmission

_log = logging.getLogger(__name__)


class SmtpSession(Connection):
    """One connection that is served."""

    def __init__(self, service: Service, *, lmtp: bool = False) -> None:
        super().__init__(service, lmtp=lmtp)
        self._chunks: tuple[Transaction, Spool] | None = None  # a message that comes by BDAT

    async def _handle_client(self) -> None:
        try:
            await self._converse()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone; what was not answered is not ours
        except Exception:  # noqa: BLE001  # one client's dialogue must not end the others
            _log.exception("smtp client=%s: unexpected error", self._dialogue.client)
            self._say_goodbye(replies.OUR_FAULT)
        finally:
            self._drop_chunks()
            self._hang_up()

    async def _converse(self) -> None:
        service = self._service
        if self._proxied and not await self._meet_client():
            self._say_goodbye(replies.NO_PROXY_HEADER)
            return
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
            if reply is START_CHUNK:
                await self._take_chunk()
                continue
            self._reply(reply)
            if reply is replies.START_DATA:
                await self._take_message()
            elif reply is replies.START_TLS:
                await self._start_tls()
            elif self._dialogue.ends_with(reply):
                await self._flush()
                return
        self._say_goodbye(replies.CLOSING)

    async def _meet_client(self) -> bool:
        """Whether there was a PROXY header; the dialogue is with the client it names, from now on."""
        client = await client_behind(self._blocks)
        if client:
            self._dialogue = self._new_dialogue(client)
        self._enter(self._dialogue.client)
        return client is not None

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

    # The message.

    async def _take_message(self) -> None:
        """The message is stored or refused, and the client knows: LMTP once a recipient (RFC 2033 4.2)."""
        transaction = self._dialogue.transaction
        answers = transaction.accepted if self._lmtp and transaction is not None else 1
        reply = await self._message()
        for _ in range(answers):
            self._reply(reply)

    async def _take_chunk(self) -> None:
        """A chunk (BDAT) is kept or thrown away; with the last one the message is stored as above."""
        await self._flush()
        chunk, transaction = self._dialogue.chunk, self._dialogue.transaction
        assert chunk is not None  # the dialogue says START_CHUNK only with one
        spool = None
        if chunk.refusal is None and transaction is not None:
            spool = self._spool_for(transaction)
        trace = self._trace() if spool is not None and not spool.size else b""
        failure = await receive_chunk(self._blocks, spool, trace=trace, size=chunk.size, heard=self._heard)
        reply = chunk.refusal or failure or replies.chunk_taken(chunk.size)
        if reply is replies.TOO_LARGE or failure or chunk.last:
            self._dialogue.transaction = None
            if spool is not None and transaction is not None and failure is None:
                reply = await self._submit(spool, transaction)
            self._drop_chunks()
        each = self._lmtp and chunk.last and transaction is not None and chunk.refusal is None
        for _ in range(transaction.accepted if each and transaction else 1):
            self._reply(reply)

    def _spool_for(self, transaction: Transaction) -> Spool:
        """Where its chunks are; those of another one, which was broken off, are gone."""
        if self._chunks is None or self._chunks[0] is not transaction:
            self._drop_chunks()
            self._chunks = (transaction, Spool(self._service.spool_folder))
        return self._chunks[1]

    def _drop_chunks(self) -> None:
        if self._chunks is not None:
            self._chunks[1].discard()
            self._chunks = None

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
        self._service.guard.sent(self._dialogue.who, transaction.mail_from, len(recipients))
        faxlog.accepted(
            stored,
            client=client,
            mail_from=transaction.mail_from,
            numbers=[recipient.number for recipient in recipients],
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
