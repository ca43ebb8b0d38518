"""The SMTP dialogue of one connection, without the connection. Sans-IO: a command line in, a reply out.

Which message the dialogue has come to is in `transaction`; the bytes behind DATA are not its business
(`gateway.intake.data`).

Spec: RFC 5321; PIPELINING: 2920; ENHANCEDSTATUSCODES: 2034; STARTTLS: 3207; AUTH: 4954; DSN: 3461;
CHUNKING and BINARYMIME: 3030; LMTP: 2033; XCLIENT: Postfix's XCLIENT_README. The others are at
`gateway.intake.parameters`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from gateway import faxlog
from gateway.intake import replies
from gateway.intake.accept import Gatekeeper, Transaction, parse_path
from gateway.intake.chunk import START_CHUNK, Chunk, read_bdat
from gateway.intake.guard import Guard, Limits
from gateway.intake.parameters import RcptParameters, read_mail, read_rcpt
from gateway.intake.proxy import XCLIENT_ATTRIBUTES, read_xclient
from gateway.intake.sasl import MECHANISMS, BadResponse, Credentials, Exchange
from gateway.ports.authenticator import Login

_MAX_UNKNOWN = 5  # commands we do not know, until we hang up
_LAST_WORDS = frozenset({replies.BYE, replies.BDAT_SYNTAX, replies.TOO_MANY_UNKNOWN, replies.BANNED})


@dataclass(frozen=True, slots=True)
class Offer:
    """What a listener offers beyond plain SMTP."""

    starttls: bool = False
    passwords: bool = False  #: AUTH, once the connection is encrypted
    lmtp: bool = False  #: RFC 2033 in place of SMTP
    xclient: bool = False  #: the client may say whom it speaks for


_PLAIN_SMTP = Offer()


class Dialogue:
    """What was said so far, and what is answered next."""

    def __init__(
        self,
        gatekeeper: Gatekeeper,
        hostname: str,
        max_message_size: int,
        client: str,
        *,
        offer: Offer = _PLAIN_SMTP,
        guard: Guard | None = None,
    ) -> None:
        self.hello = ""  #: as the client calls itself; untrusted
        self.client = client  #: IP address
        self.offer = offer
        self.encrypted = False
        self.login: Login | None = None  #: who the client has proved to be
        self.credentials: Credentials | None = None  #: to be checked when the reply is AUTHENTICATED
        self.transaction: Transaction | None = None
        self.chunk: Chunk | None = None  #: that comes now, when the reply is START_CHUNK
        self._gatekeeper = gatekeeper
        self._guard = guard or Guard(Limits())
        self._hostname = hostname
        self._max_message_size = max_message_size
        self._is_relay = gatekeeper.may_relay(client)
        self._exchange: Exchange | None = None
        self._unknown = 0
        self._hello_of_client = ""  # as the one who speaks for it says

    @property
    def who(self) -> str:
        """The login if there is one, or the client's address: what limits are counted by."""
        return self.login.name if self.login else self.client

    def reply_to(self, line: bytes) -> bytes:
        """The reply, without its line end.

        After `replies.START_DATA` the message comes next, in place of `START_CHUNK` a chunk of it, after
        `replies.START_TLS` the handshake; `replies.AUTHENTICATED` is true only if the password in
        `credentials` is right.
        """
        try:
            text = line.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            return replies.NOT_UTF8
        if self._exchange is not None:
            return self._continue_auth(self._exchange, text)
        verb, _, argument = text.partition(" ")
        if (answer := self._VERBS.get(verb.upper())) is not None:
            return answer(self, argument.strip())
        self._unknown += 1
        if self._unknown >= _MAX_UNKNOWN:
            return replies.TOO_MANY_UNKNOWN
        return replies.UNKNOWN_COMMAND if verb else replies.BAD_SYNTAX

    def encryption_began(self, certificate_name: str) -> None:
        """TLS is active, and nothing said before counts (RFC 3207 4.2). "" means without a certificate."""
        self.encrypted = True
        self.hello, self.transaction = "", None
        if certificate_name:
            self.login = Login(certificate_name)

    @staticmethod
    def ends_with(reply: bytes) -> bool:
        """Whether the connection is closed after this reply."""
        return reply in _LAST_WORDS

    def _ehlo(self, argument: str) -> bytes:
        if self.offer.lmtp:
            return replies.LHLO_ONLY
        return self._greet(argument)

    def _lhlo(self, argument: str) -> bytes:
        return self._greet(argument) if self.offer.lmtp else replies.NOT_IMPLEMENTED

    def _greet(self, argument: str) -> bytes:
        if not argument:
            return replies.HELLO_SYNTAX
        self.hello, self.transaction = self._hello_of_client or argument, None
        more = []
        if self.offer.starttls and not self.encrypted:
            more.append("STARTTLS")
        if self.offer.passwords and self.encrypted:
            more.append("AUTH " + " ".join(MECHANISMS))
        if self.offer.xclient:
            more.append("XCLIENT " + " ".join(XCLIENT_ATTRIBUTES))
        return replies.extensions(self._hostname, self._max_message_size, *more)

    def _helo(self, argument: str) -> bytes:
        if self.offer.lmtp:
            return replies.LHLO_ONLY
        if not argument:
            return replies.HELLO_SYNTAX
        self.hello, self.transaction = self._hello_of_client or argument, None
        return replies.hello(self._hostname)

    def _mail(self, argument: str) -> bytes:  # noqa: PLR0911 - one reason, one reply
        if not self.hello:
            return replies.HELLO_FIRST
        if self.transaction is not None:
            return replies.NESTED_MAIL
        path = parse_path(argument[5:]) if argument[:5].upper() == "FROM:" else None
        if path is None:
            return replies.MAIL_SYNTAX
        parameters = read_mail(path[1], self._max_message_size)
        if isinstance(parameters, bytes):
            return parameters
        if not (parameters.smtputf8 or path[0].isascii()):
            return replies.NEEDS_SMTPUTF8
        if self.login is not None and not self.login.may_send_as(path[0]):
            return replies.FOREIGN_SENDER
        if not self._guard.may_send(self.who, path[0]):
            return replies.TOO_MANY_MAILS
        self.transaction = Transaction(path[0], parameters)
        return replies.SENDER_OK

    def _rcpt(self, argument: str) -> bytes:
        transaction = self.transaction
        if transaction is None:
            return replies.MAIL_FIRST
        if transaction.octets is not None:
            return replies.BDAT_NEEDED
        path = parse_path(argument[3:]) if argument[:3].upper() == "TO:" else None
        if path is None or not path[0]:
            return replies.RCPT_SYNTAX
        parameters = read_rcpt(path[1])
        if isinstance(parameters, bytes):
            return parameters
        if not (transaction.smtputf8 or path[0].isascii()):
            return replies.NEEDS_SMTPUTF8
        reply = self._add_recipient(transaction, path[0], parameters)
        if reply is not replies.RECIPIENT_OK:
            faxlog.refused_rcpt(
                client=self.client, mail_from=transaction.mail_from, address=path[0], reply=reply.decode()
            )
        return reply

    def _add_recipient(self, transaction: Transaction, address: str, parameters: RcptParameters) -> bytes:
        may_relay = self._is_relay or self.login is not None
        if not may_relay and self.offer.passwords:
            return replies.AUTH_REQUIRED
        mail_from = transaction.mail_from
        if may_relay and len(transaction.recipients) >= self._guard.recipients_left(self.who, mail_from):
            return replies.TOO_MANY_FAXES
        return self._gatekeeper.add_recipient(transaction, address, parameters, may_relay=may_relay)

    def _xclient(self, argument: str) -> bytes:
        if not self.offer.xclient:
            return replies.NO_XCLIENT
        if self.transaction is not None:
            return replies.XCLIENT_IN_MAIL
        client = read_xclient(argument)
        if client is None:
            return replies.XCLIENT_SYNTAX
        if client.address:
            self.client, self.login = client.address, None
            self._is_relay = self._gatekeeper.may_relay(client.address)
        self.hello, self._hello_of_client = "", client.hello
        return replies.greeting(self._hostname, lmtp=self.offer.lmtp)

    def _starttls(self, argument: str) -> bytes:
        if argument:
            return replies.NO_ARGUMENT
        if self.encrypted:
            return replies.TLS_ALREADY
        return replies.START_TLS if self.offer.starttls else replies.NO_TLS

    def _auth(self, argument: str) -> bytes:  # noqa: PLR0911 - as above
        if not self.offer.passwords:
            return replies.NOT_IMPLEMENTED
        if not self.encrypted:
            return replies.AUTH_NEEDS_TLS
        if not self.hello:
            return replies.HELLO_FIRST
        if self.login is not None or self.transaction is not None:
            return replies.AUTH_ALREADY
        if self._guard.is_banned(self.client):
            return replies.BANNED
        mechanism, _, initial = argument.partition(" ")
        if mechanism.upper() not in MECHANISMS:
            return replies.AUTH_UNKNOWN
        exchange = Exchange(mechanism.upper())
        return self._step(exchange, lambda: exchange.begin(initial.strip()))

    def _continue_auth(self, exchange: Exchange, response: str) -> bytes:
        return self._step(exchange, lambda: exchange.receive(response))

    def _step(self, exchange: Exchange, step: Callable[[], bytes | Credentials]) -> bytes:
        self._exchange = None
        try:
            answer = step()
        except BadResponse:
            return replies.AUTH_SYNTAX
        if isinstance(answer, Credentials):
            self.credentials = answer
            return replies.AUTHENTICATED
        self._exchange = exchange
        return answer

    def _data(self, argument: str) -> bytes:
        if argument:
            return replies.NO_ARGUMENT
        if self.transaction is None:
            return replies.MAIL_FIRST
        if not self.transaction.recipients:
            return replies.NO_RECIPIENTS
        if self.transaction.parameters.binary or self.transaction.octets is not None:
            return replies.BDAT_NEEDED
        return replies.START_DATA

    def _bdat(self, argument: str) -> bytes:
        self.chunk = read_bdat(argument, self.transaction, self._max_message_size)
        # Where the next command begins, after a size that cannot be read, is not known.
        return replies.BDAT_SYNTAX if self.chunk is None else START_CHUNK

    def _rset(self, argument: str) -> bytes:
        if argument:
            return replies.NO_ARGUMENT
        self.transaction = None
        return replies.OK

    def _noop(self, _argument: str) -> bytes:
        return replies.OK

    def _quit(self, argument: str) -> bytes:
        return replies.NO_ARGUMENT if argument else replies.BYE

    def _help(self, _argument: str) -> bytes:
        return replies.HELP

    def _vrfy(self, _argument: str) -> bytes:
        return replies.CANNOT_VERIFY

    def _not_implemented(self, _argument: str) -> bytes:
        return replies.NOT_IMPLEMENTED

    _VERBS: ClassVar[dict[str, Callable[["Dialogue", str], bytes]]] = {
        "EHLO": _ehlo,
        "HELO": _helo,
        "LHLO": _lhlo,
        "MAIL": _mail,
        "RCPT": _rcpt,
        "DATA": _data,
        "RSET": _rset,
        "NOOP": _noop,
        "QUIT": _quit,
        "HELP": _help,
        "VRFY": _vrfy,
        "EXPN": _not_implemented,
        "AUTH": _auth,
        "STARTTLS": _starttls,
        "XCLIENT": _xclient,
        "BDAT": _bdat,
    }
