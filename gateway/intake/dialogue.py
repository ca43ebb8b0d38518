"""The SMTP dialogue of one connection, without the connection. Sans-IO: a command line in, a reply out.

Which message the dialogue has come to is in `transaction`; the bytes behind DATA are not its business
(`gateway.intake.data`).

Spec: RFC 5321; SIZE: 1870; PIPELINING: 2920; 8BITMIME: 6152; SMTPUTF8: 6531; ENHANCEDSTATUSCODES: 2034.
"""

from collections.abc import Callable
from typing import ClassVar

from gateway import faxlog
from gateway.intake import replies
from gateway.intake.accept import Gatekeeper, Transaction, parse_path

_MAX_UNKNOWN = 5  # commands we do not know, until we hang up
_LAST_WORDS = frozenset({replies.BYE, replies.TOO_MANY_UNKNOWN})


class Dialogue:
    """What was said so far, and what is answered next."""

    def __init__(self, gatekeeper: Gatekeeper, hostname: str, max_message_size: int, client: str) -> None:
        self.hello = ""  #: as the client calls itself; untrusted
        self.client = client  #: IP address
        self.transaction: Transaction | None = None
        self._gatekeeper = gatekeeper
        self._hostname = hostname
        self._max_message_size = max_message_size
        self._may_relay = gatekeeper.may_relay(client)
        self._unknown = 0

    def reply_to(self, line: bytes) -> bytes:
        """The reply, without its line end. `replies.START_DATA` means: the message comes next."""
        try:
            text = line.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            return replies.NOT_UTF8
        verb, _, argument = text.partition(" ")
        if (answer := self._VERBS.get(verb.upper())) is not None:
            return answer(self, argument.strip())
        self._unknown += 1
        if self._unknown >= _MAX_UNKNOWN:
            return replies.TOO_MANY_UNKNOWN
        return replies.UNKNOWN_COMMAND if verb else replies.BAD_SYNTAX

    @staticmethod
    def ends_with(reply: bytes) -> bool:
        """Whether the connection is closed after this reply."""
        return reply in _LAST_WORDS

    def _ehlo(self, argument: str) -> bytes:
        if not argument:
            return replies.HELLO_SYNTAX
        self.hello, self.transaction = argument, None
        return replies.extensions(self._hostname, self._max_message_size)

    def _helo(self, argument: str) -> bytes:
        if not argument:
            return replies.HELLO_SYNTAX
        self.hello, self.transaction = argument, None
        return replies.hello(self._hostname)

    def _mail(self, argument: str) -> bytes:
        if not self.hello:
            return replies.HELLO_FIRST
        if self.transaction is not None:
            return replies.NESTED_MAIL
        path = parse_path(argument[5:]) if argument[:5].upper() == "FROM:" else None
        if path is None:
            return replies.MAIL_SYNTAX
        transaction = Transaction(path[0])
        if (refusal := self._mail_parameters(transaction, path[1])) is not None:
            return refusal
        if not (transaction.smtputf8 or path[0].isascii()):
            return replies.NEEDS_SMTPUTF8
        self.transaction = transaction
        return replies.SENDER_OK

    def _mail_parameters(self, transaction: Transaction, parameters: str) -> bytes | None:
        for parameter in parameters.split():
            key, _, value = parameter.upper().partition("=")
            if key == "SIZE":
                if not (value.isascii() and value.isdecimal() and len(value) <= 20):
                    return replies.BAD_SIZE
                if int(value) > self._max_message_size:
                    return replies.TOO_LARGE
            elif key == "BODY":
                if value not in {"7BIT", "8BITMIME"}:
                    return replies.BAD_BODY
            elif key == "SMTPUTF8":
                if "=" in parameter:
                    return replies.BAD_SMTPUTF8
                transaction.smtputf8 = True
            else:
                return replies.UNKNOWN_PARAMETER
        return None

    def _rcpt(self, argument: str) -> bytes:
        transaction = self.transaction
        if transaction is None:
            return replies.MAIL_FIRST
        path = parse_path(argument[3:]) if argument[:3].upper() == "TO:" else None
        if path is None or not path[0]:
            return replies.RCPT_SYNTAX
        address, parameters = path
        if parameters:
            return replies.UNKNOWN_PARAMETER
        if not (transaction.smtputf8 or address.isascii()):
            return replies.NEEDS_SMTPUTF8
        reply = self._gatekeeper.add_recipient(transaction, address, may_relay=self._may_relay)
        if reply is not replies.RECIPIENT_OK:
            faxlog.refused_rcpt(
                client=self.client, mail_from=transaction.mail_from, address=address, reply=reply.decode()
            )
        return reply

    def _data(self, argument: str) -> bytes:
        if argument:
            return replies.NO_ARGUMENT
        if self.transaction is None:
            return replies.MAIL_FIRST
        if not self.transaction.recipients:
            return replies.NO_RECIPIENTS
        return replies.START_DATA

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
        "MAIL": _mail,
        "RCPT": _rcpt,
        "DATA": _data,
        "RSET": _rset,
        "NOOP": _noop,
        "QUIT": _quit,
        "HELP": _help,
        "VRFY": _vrfy,
        "EXPN": _not_implemented,
        "AUTH": _not_implemented,
        "STARTTLS": _not_implemented,
        "BDAT": _not_implemented,
    }
