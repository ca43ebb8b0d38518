"""Every reply the SMTP listener gives, in one place. Basic codes: RFC 5321 4.2; enhanced codes: RFC 3463.

A reply tells a stranger nothing about this server, and its user (mail programs quote it in the bounce) what
to do next.
"""

from gateway.model.dialling import EMERGENCY, EXTENSION, PAUSES

OK = b"250 2.0.0 OK"
SENDER_OK = b"250 2.1.0 OK"
RECIPIENT_OK = b"250 2.1.5 OK"
START_DATA = b"354 End data with <CR><LF>.<CR><LF>"
BYE = b"221 2.0.0 Bye"
HELP = b"214 2.0.0 Send a mail to number@domain, for example +49301234567@ and the fax domain"
CANNOT_VERIFY = b"252 2.1.5 Send the mail and see"

# The client's commands.
BAD_SYNTAX = b"500 5.5.2 Syntax error"
LINE_TOO_LONG = b"500 5.5.6 Command line too long"
NOT_UTF8 = b"500 5.5.2 Commands are ASCII or UTF-8"
UNKNOWN_COMMAND = b"500 5.5.1 Command not known"
NOT_IMPLEMENTED = b"502 5.5.1 Command not implemented"
TOO_MANY_UNKNOWN = b"421 4.7.0 Too many unknown commands, goodbye"
TOO_MUCH_NOISE = b"421 4.7.0 Endless command line, goodbye"
HELLO_SYNTAX = b"501 5.5.4 Syntax: EHLO hostname"
LHLO_ONLY = b"500 5.5.1 This is LMTP: send LHLO"
NO_ARGUMENT = b"501 5.5.4 This command takes no argument"
MAIL_SYNTAX = b"501 5.5.4 Syntax: MAIL FROM:<address>"
RCPT_SYNTAX = b"501 5.5.4 Syntax: RCPT TO:<address>"
BAD_BODY = b"501 5.5.4 BODY is 7BIT, 8BITMIME or BINARYMIME"
BDAT_SYNTAX = b"501 5.5.4 Syntax: BDAT size [LAST], goodbye"
BDAT_NEEDED = b"503 5.5.1 A BINARYMIME message, and one that began with BDAT, goes on with BDAT"
BAD_SIZE = b"501 5.5.4 SIZE is a number of bytes"
BAD_SMTPUTF8 = b"501 5.5.4 SMTPUTF8 takes no value"
BAD_RET = b"501 5.5.4 RET is FULL or HDRS"
BAD_ENVID = b"501 5.5.4 ENVID is printable xtext of at most 100 characters"
BAD_NOTIFY = b"501 5.5.4 NOTIFY is NEVER, or SUCCESS, FAILURE and DELAY with commas"
BAD_ORCPT = b"501 5.5.4 ORCPT is type;address in xtext"
BAD_AUTH_PARAMETER = b"501 5.5.4 AUTH is an address in xtext"
UNKNOWN_PARAMETER = b"555 5.5.4 Parameter not known"
NEEDS_SMTPUTF8 = b"553 5.6.7 An address that is not ASCII needs SMTPUTF8"
HELLO_FIRST = b"503 5.5.1 Send EHLO first"
MAIL_FIRST = b"503 5.5.1 Send MAIL first"
NESTED_MAIL = b"503 5.5.1 Sender already given"
NO_RECIPIENTS = b"554 5.5.1 No valid recipients"

# Who may send, and where to.
NOT_A_RELAY_CLIENT = b"550 5.7.1 This client may not send faxes; ask the administrator to list its network"
OTHER_DOMAIN = b"550 5.7.1 Not a fax domain of this server; it relays to no other"
NO_FAX_NUMBER = b"550 5.1.3 Not a fax number; write it like +49301234567@ and the fax domain"
NULL_SENDER = b"550 5.7.1 Bounces and automatic answers are not faxed"
TOO_MANY_RECIPIENTS = b"452 4.5.3 Too many recipients; send the others in another mail"

CANNOT_JUDGE = b"451 4.3.0 Cannot look up the sender now; try again later"
FOREIGN_SENDER = b"553 5.7.1 This login may not send from that address"
TOO_MANY_MAILS = b"450 4.7.1 Too many mails in this hour; try again later"
TOO_MANY_FAXES = b"450 4.7.1 Too many faxes in this hour; try again later"

# Clients that speak for others.
NO_XCLIENT = b"550 5.7.1 This client may not say whom it speaks for"
XCLIENT_IN_MAIL = b"503 5.5.1 Not within a mail"
XCLIENT_SYNTAX = b"501 5.5.4 Syntax: XCLIENT NAME=... ADDR=... HELO=..., values in xtext"
NO_PROXY_HEADER = b"421 4.7.0 A connection of this client begins with a PROXY header, goodbye"

# TLS and passwords.
START_TLS = b"220 2.0.0 Ready to start TLS"
NO_TLS = b"502 5.5.1 TLS is not offered here"
TLS_ALREADY = b"503 5.5.1 TLS is active already"
AUTHENTICATED = b"235 2.7.0 Authenticated"
WRONG_PASSWORD = b"535 5.7.8 Wrong user name or password"
CANNOT_AUTHENTICATE = b"454 4.7.0 Cannot check the password now; try again later"
AUTH_NEEDS_TLS = b"538 5.7.11 Passwords are taken only under TLS; send STARTTLS first"
AUTH_ALREADY = b"503 5.5.1 Authenticated already, or in a mail"
AUTH_UNKNOWN = b"504 5.5.4 Mechanisms are PLAIN and LOGIN"
AUTH_SYNTAX = b"501 5.5.2 Not a response of this mechanism"
AUTH_REQUIRED = b"530 5.7.0 Authentication required; send STARTTLS and AUTH first"
BANNED = b"421 4.7.0 Too many wrong passwords; try again later"

# The message.
TOO_LARGE = b"552 5.3.4 Message too large; send it in several parts or with smaller attachments"
STORE_UNAVAILABLE = b"451 4.3.0 Cannot store the mail now; try again later"
SPOOL_FULL = b"452 4.3.1 Not enough disk space; try again later"

# The connection.
TOO_MANY_CONNECTIONS = b"421 4.3.2 Too many connections; try again later"
CLOSING = b"421 4.3.2 Closing; try again later"
IDLE = b"421 4.4.2 Idle for too long, goodbye"
OUR_FAULT = b"451 4.3.0 Something went wrong here; try again later"


def greeting(hostname: str, *, lmtp: bool = False) -> bytes:
    """The first line a client reads (RFC 5321 4.3.1)."""
    return f"220 {hostname} {'LMTP' if lmtp else 'ESMTP'} faxgw".encode()


def extensions(hostname: str, max_message_size: int, *more: str) -> bytes:
    """The answer to EHLO. `max_message_size` is in bytes (RFC 1870)."""
    lines = (
        hostname,
        "PIPELINING",
        f"SIZE {max_message_size}",
        "8BITMIME",
        "ENHANCEDSTATUSCODES",
        "DSN",
        "CHUNKING",
        "BINARYMIME",
        *more,
    )
    return "".join(f"250-{line}\r\n" for line in lines).encode() + b"250 SMTPUTF8"


def hello(hostname: str) -> bytes:
    """The answer to HELO."""
    return f"250 {hostname}".encode()


def accepted(submission_id: str) -> bytes:
    """The mail is durable and ours."""
    return f"250 2.0.0 Accepted as {submission_id}".encode()


def chunk_taken(size: int) -> bytes:
    """The chunk has come; the message is not ours yet."""
    return f"250 2.0.0 {size} octets received".encode()


def bad_number(reason: str) -> bytes:
    """The number cannot be dialled; `reason` is one of `gateway.model.dialling`."""
    # Some say themselves what to do, or nothing can be done.
    is_advised = reason not in (EMERGENCY, EXTENSION, PAUSES)
    how = "; write it like +49301234567@ and the fax domain" if is_advised else ""
    return f"550 5.1.3 {reason}{how}".encode()


def sender_refused(reason: str) -> bytes:
    """The sender may not fax there."""
    return f"550 5.7.1 {' '.join(reason.split())[:400]}".encode("ascii", "replace")


def number_not_allowed(reason: str) -> bytes:
    """The number may not be dialled."""
    return f"550 5.7.1 {reason.rstrip('.')}; ask the administrator".encode()
