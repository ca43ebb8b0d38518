"""BDAT: a message in chunks of so many octets, whatever they are.

Spec: RFC 3030 (CHUNKING, BINARYMIME).
"""

from dataclasses import dataclass

from gateway.intake import replies
from gateway.intake.accept import Transaction

START_CHUNK = b"(a chunk comes now; it is replied to when it is there)"


@dataclass(frozen=True, slots=True)
class Chunk:
    """What follows BDAT."""

    size: int  #: octets
    last: bool
    refusal: bytes | None = None  #: why it is thrown away


def read_bdat(argument: str, transaction: Transaction | None, max_message_size: int) -> Chunk | None:
    """The chunk that comes now, counted in `transaction`; None when its size cannot be read."""
    size, _, last = argument.partition(" ")
    if not (size.isascii() and size.isdecimal() and len(size) <= 20 and last.upper() in {"", "LAST"}):
        return None
    refusal = None
    if transaction is None:
        refusal = replies.MAIL_FIRST
    elif not transaction.recipients:
        refusal = replies.NO_RECIPIENTS
    else:
        transaction.octets = (transaction.octets or 0) + int(size)
        if transaction.octets > max_message_size:
            refusal = replies.TOO_LARGE
    return Chunk(int(size), bool(last), refusal)
