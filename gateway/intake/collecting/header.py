"""What the header of a collected mail says: who wrote it, and where to.

A mailbox has no envelope any more. What is read here proves nobody; whether From may be believed is decided
by the source and by `gateway.resolving.identity`.
"""

from dataclasses import dataclass
from pathlib import Path

from gateway.model.header_addresses import addresses_in, decoded, fields_in
from gateway.model.mail_header import HEADER_SIZE, is_whole

_LONGEST_SUBJECT, _LONGEST_ID = 300, 998  # characters, as written; RFC 5322 2.1.1
_TO = ("To", "Cc", "Bcc", "Resent-To", "X-Original-To", "Delivered-To", "Envelope-To")


@dataclass(frozen=True, slots=True)
class Header:
    """The fields that count, as far as they can be read."""

    senders: tuple[str, ...] = ()  #: the addresses in From
    recipients: tuple[str, ...] = ()  #: every address the mail was for, once each
    subject: str = ""
    message_id: str = ""
    auth_as: str = ""  #: X-MS-Exchange-Organization-AuthAs; "" when it is not there exactly once
    is_whole: bool = True  #: no more of it is in the mail than was read


def beginning(content: bytes | Path) -> bytes:
    """The bytes in which the header stands.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(content, bytes):
        return content[:HEADER_SIZE]
    with content.open("rb") as file:
        return file.read(HEADER_SIZE)


def read_header(head: bytes) -> Header:
    """The header of the message that begins with `head`."""
    stamps = [value.strip() for value in fields_in(head, "X-MS-Exchange-Organization-AuthAs")]
    return Header(
        senders=_addresses(head, "From"),
        recipients=tuple(dict.fromkeys(_addresses(head, *_TO))),
        subject=decoded(_first(head, "Subject")[:_LONGEST_SUBJECT]),
        message_id="".join(_first(head, "Message-ID").split())[:_LONGEST_ID],
        auth_as=stamps[0] if len(stamps) == 1 else "",
        is_whole=is_whole(head),
    )


def _first(head: bytes, name: str) -> str:
    return next(iter(fields_in(head, name)), "")


def _addresses(head: bytes, *names: str) -> tuple[str, ...]:
    return tuple(found.address for text in fields_in(head, *names) for found in addresses_in(text))
