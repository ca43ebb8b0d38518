"""asyncio's stream reader, with what reading in blocks needs: a limit that changes, and putting back."""

import asyncio


class BlockReader(asyncio.StreamReader):
    """A stream that is read by lines, then by blocks, then by lines again.

    StreamReader keeps its buffer and its limit to itself; both names are the same in Python 3.11 to 3.14, and
    tests/unit/intake/test_block_reader.py notices when they change.
    """

    _buffer: bytearray
    _limit: int
    _transport: asyncio.BaseTransport | None

    def set_limit(self, limit: int) -> None:
        """The longest line from now on, in bytes; twice as much is read ahead."""
        self._limit = limit

    def has_line(self) -> bool:
        """Whether a line can be read without waiting."""
        return b"\n" in self._buffer

    def put_back(self, rest: bytes) -> None:
        """`rest` is read next."""
        self._buffer[:0] = rest

    def forget(self) -> None:
        """Nothing that was read ahead counts (RFC 3207 4.2)."""
        self._buffer.clear()

    def move_to(self, transport: asyncio.BaseTransport) -> None:
        """The bytes come from `transport` from now on."""
        self._transport = transport
