"""A message as it comes in on one connection: its trace line, and its content into the spool."""

import asyncio
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime

from gateway.intake import replies
from gateway.intake.block_reader import BlockReader
from gateway.intake.data import MessageData
from gateway.intake.spool import Spool

COMMAND_LIMIT = 2048  # bytes in a line; RFC 5321 4.5.3.1.4 asks for 512 and more with extensions
_BLOCK = 256 * 1024  # bytes; what asyncio reads from a socket at once
_READ_AHEAD = 64 * 1024  # bytes buffered before asyncio stops reading until we have taken them
_ODD = re.compile(r"[^!-~]")

_log = logging.getLogger(__name__)


def trace_line(
    *, hello: str, client: str, hostname: str, lmtp: bool, encrypted: bool, authenticated: bool
) -> bytes:
    """The Received field of RFC 5321 4.4; how the message came is said as in RFC 3848."""
    how = "LMTP" if lmtp else "ESMTP"
    how += ("S" if encrypted else "") + ("A" if authenticated else "")
    name, now = _ODD.sub("?", hello)[:255], format_datetime(datetime.now(UTC))
    return f"Received: from {name} ([{client}])\r\n\tby {hostname} with {how}; {now}\r\n".encode()


async def receive(
    blocks: BlockReader, spool: Spool, *, trace: bytes, limit: int, heard: Callable[[], None]
) -> bytes | None:
    """The refusal of a message that cannot be taken, which is read to its end all the same.

    Raises:
        IncompleteReadError: the client left in the middle.
    """
    data, size = MessageData(), 0
    refusal = _write(spool, trace)
    blocks.set_limit(_READ_AHEAD)
    try:
        while not data.ended:
            if not (block := await blocks.read(_BLOCK)):
                raise asyncio.IncompleteReadError(b"", None)
            heard()
            content = data.receive(block)
            size += len(content)
            if size > limit and refusal is not replies.TOO_LARGE:
                refusal = replies.TOO_LARGE
                spool.discard()
            elif refusal is None:
                refusal = _write(spool, content)
    finally:
        blocks.set_limit(COMMAND_LIMIT)
    if data.rest:
        blocks.put_back(data.rest)
    return refusal


async def receive_chunk(
    blocks: BlockReader, spool: Spool | None, *, trace: bytes, size: int, heard: Callable[[], None]
) -> bytes | None:
    """The refusal of `size` octets (BDAT), which are read all the same. Without a spool they are thrown away.

    Raises:
        IncompleteReadError: the client left in the middle.
    """
    refusal = _write(spool, trace) if spool and trace else None
    blocks.set_limit(_READ_AHEAD)
    try:
        while size:
            if not (block := await blocks.read(min(size, _BLOCK))):
                raise asyncio.IncompleteReadError(b"", None)
            heard()
            size -= len(block)
            if spool and refusal is None:
                refusal = _write(spool, block)
    finally:
        blocks.set_limit(COMMAND_LIMIT)
    return refusal


def _write(spool: Spool, content: bytes) -> bytes | None:
    """The refusal when the disk does not take it."""
    try:
        spool.write(content)
    except OSError:
        _log.exception("cannot write a mail to the spool folder")
        spool.discard()
        return replies.SPOOL_FULL
    return None
