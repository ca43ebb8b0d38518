"""Files in a file: Microsoft's compound file, which .msg is made of.

A stranger's file may have chains that loop and sizes that lie: each chain is followed as far as its stream is
long, at most once through every sector, and all streams together are not longer than the file.

Spec: [MS-CFB] 2.2 (header), 2.3 and 2.4 (chains), 2.6 (directory).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END_OF_CHAIN, _NO_STREAM = 0xFFFFFFFE, 0xFFFFFFFF
_MOST_ENTRIES = 20_000
_MOST_DEPTH = 20
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_ENTRY = struct.Struct("<64sHBBIII36xIQ")  # name, its length, type, colour, left, right, child, start, size
_MINI_SECTOR = 64
_IN_HEADER = 109  # sectors of the table that the header names itself


@dataclass(slots=True)
class Storage:
    """A folder of the file."""

    streams: dict[str, bytes] = field(default_factory=dict)
    storages: "dict[str, Storage]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


def opened(data: bytes) -> Storage:
    """The root of the file, with all streams in it.

    Raises:
        ValueError: this is no compound file, or it is damaged.
    """
    try:
        return _File(data).root()
    except (struct.error, IndexError, RecursionError) as error:
        raise ValueError(f"a damaged compound file: {error}") from error


def names_in(data: bytes) -> frozenset[str]:
    """The names of the streams and storages that are not inside of others.

    Raises:
        ValueError: this is no compound file, or it is damaged.
    """
    root = opened(data)
    return frozenset((*root.streams, *root.storages))


class _File:
    def __init__(self, data: bytes) -> None:
        if not data.startswith(SIGNATURE):
            raise ValueError("no compound file")
        self._data = data
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise ValueError("a compound file with sectors of an unknown size")
        self._size = 1 << shift
        self._left = len(data)  # bytes that streams may still have in all
        (directory,) = struct.unpack_from("<I", data, 48)
        self._cutoff, mini_fat = struct.unpack_from("<II", data, 56)
        self._fat = self._allocation()
        self._mini_fat = _numbers(self._chain(mini_fat))
        self._entries = list(self._directory(self._chain(directory)))
        if not self._entries or self._entries[0].kind != _ROOT:
            raise ValueError("a compound file without a root")
        self._mini = self._chain(self._entries[0].start)

    def root(self) -> Storage:
        return self._storage(self._entries[0], set(), 0)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    def _allocation(self) -> list[int]:
        """The sector that follows each sector (2.3, 2.5)."""
        first, count = struct.unpack_from("<II", self._data, 68)
        sectors = list(struct.unpack_from(f"<{_IN_HEADER}I", self._data, 76))
        most = len(self._data) // self._size + 1
        for _ in range(min(count, most)):
            if first >= most or len(sectors) > most + _IN_HEADER:
                break
            numbers = _numbers(self._sector(first))
            if not numbers:
                break
            sectors += numbers[:-1]
            first = numbers[-1]
        fat: list[int] = []
        for sector in sectors:
            if len(fat) > most:
                break
            if sector < most:
                fat += _numbers(self._sector(sector))
        return fat

    def _chain(self, start: int, size: int | None = None) -> bytes:
        """The sectors from this one on; as many as so many bytes need."""
        most = None if size is None else -(-size // self._size)
        return b"".join(self._sector(sector) for sector in _follow(start, self._fat, most))

    def _directory(self, data: bytes) -> Iterator[_Entry]:
        for at in range(0, min(len(data), _MOST_ENTRIES * _ENTRY.size) - _ENTRY.size + 1, _ENTRY.size):
            raw, length, kind, _, left, right, child, start, size = _ENTRY.unpack_from(data, at)
            name = raw[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            yield _Entry(name, kind, left, right, child, start, size & 0xFFFFFFFF)

    def _storage(self, entry: _Entry, seen: set[int], depth: int) -> Storage:
        storage = Storage()
        waiting = [entry.child]
        while waiting:
            number = waiting.pop()
            if number == _NO_STREAM or number in seen or number >= len(self._entries):
                continue
            seen.add(number)
            found = self._entries[number]
            waiting += [found.left, found.right]
            if found.kind == _STREAM:
                storage.streams[found.name] = self._stream(found)
            elif found.kind == _STORAGE and depth < _MOST_DEPTH:
                storage.storages[found.name] = self._storage(found, seen, depth + 1)
        return storage

    def _stream(self, entry: _Entry) -> bytes:
        if entry.size >= self._cutoff:
            content = self._chain(entry.start, entry.size)[: entry.size]
        else:
            content = b"".join(
                self._mini[at * _MINI_SECTOR : (at + 1) * _MINI_SECTOR]
                for at in _follow(entry.start, self._mini_fat, -(-entry.size // _MINI_SECTOR))
            )[: entry.size]
        self._left -= len(content)
        if self._left < 0:
            raise ValueError("a compound file whose streams lie over each other")
        return content


def _follow(start: int, table: list[int], most: int | None = None) -> Iterator[int]:
    """The sectors of a chain; at most `most`, and as many as there are."""
    for _ in range(len(table) if most is None else min(most, len(table))):
        if start >= len(table):
            return
        yield start
        start = table[start]


def _numbers(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))
