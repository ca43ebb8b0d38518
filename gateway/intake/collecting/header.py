"""What the header of a collected mail says: who wrote it, and where to.

A mailbox has no envelope any more. What is read here proves nobody; whether From may be believed is decided
by the source and by `gateway.resolving.identity`.
"""

from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path

_HEADERS = BytesHeaderParser(policy=policy.default)
_HEADER_SIZE = 256 * 1024  # bytes of a message in which its header is looked for
_TO = ("To", "Cc", "Bcc", "Resent-To", "X-Original-To", "Delivered-To", "Envelope-To")
# The parser of the standard library stumbles over some of what strangers write.
_UNREADABLE = (MessageError, ValueError, LookupError, AttributeError, TypeError)


@dataclass(frozen=True, slots=True)
class Header:
    """The fields that count, as far as they can be read."""

    senders: tuple[str, ...] = ()  #: the addresses in From
    recipients: tuple[str, ...] = ()  #: every address the mail was for, once each
    subject: str = ""
    message_id: str = ""
    auth_as: str = ""  #: X-MS-Exchange-Organization-AuthAs; "" when it is not there exactly once


def beginning(content: bytes | Path) -> bytes:
    """The bytes in which the header stands.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(content, bytes):
        return content[:_HEADER_SIZE]
    with content.open("rb") as file:
        return file.read(_HEADER_SIZE)


def read_header(head: bytes) -> Header:
    """The header of the message that begins with `head`."""
    ends = [found for found in (head.find(b"\r\n\r\n"), head.find(b"\n\n")) if found >= 0]
    try:
        fields = _HEADERS.parsebytes(head[: min(ends, default=len(head))] + b"\r\n\r\n")
    except _UNREADABLE:
        return Header()
    stamps = [value.strip() for value in _values(fields, "X-MS-Exchange-Organization-AuthAs")]
    return Header(
        senders=_addresses(fields, "From"),
        recipients=tuple(dict.fromkeys(address for name in _TO for address in _addresses(fields, name))),
        subject=" ".join(" ".join(_values(fields, "Subject")[:1]).split())[:300],
        message_id="".join(_values(fields, "Message-ID")[:1]).strip(),
        auth_as=stamps[0] if len(stamps) == 1 else "",
    )


def _values(fields: EmailMessage, name: str) -> list[str]:
    try:
        return [str(value) for value in fields.get_all(name, [])]
    except _UNREADABLE:
        return []


def _addresses(fields: EmailMessage, name: str) -> tuple[str, ...]:
    try:
        found = [a.addr_spec for value in fields.get_all(name, []) for a in value.addresses]
    except _UNREADABLE:
        found = [address for _, address in getaddresses(_values(fields, name))]
    return tuple(address for address in found if "@" in address.strip("<>@"))
