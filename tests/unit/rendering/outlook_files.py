"""Small winmail.dat and .msg files, made as Outlook makes them."""

import struct
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

TEXT8, TEXT16, BINARY, OBJECT, NUMBER = 0x1E, 0x1F, 0x102, 0x0D, 3
TIME, FLOAT = 0x40, 5
APPOINTMENT, TASK, ADDRESS, MEETING = (
    uuid.UUID(text).bytes_le
    for text in (
        "00062002-0000-0000-C000-000000000046",
        "00062003-0000-0000-C000-000000000046",
        "00062004-0000-0000-C000-000000000046",
        "6ED8DA90-450B-101B-98DA-00AA003F1305",
    )
)
Values = dict[int, tuple[int, bytes]]
#: Of properties that have a number in a set, and in a file another one, from 0x8000 on in this order.
Named = dict[tuple[bytes, int], tuple[int, bytes]]


def number(value: int) -> tuple[int, bytes]:
    return NUMBER, struct.pack("<q", value)


def moment(text: str) -> tuple[int, bytes]:
    """A moment of UTC, as 2026-07-06 06:30."""
    since = datetime.fromisoformat(text) - datetime.fromisoformat("1601-01-01")
    return TIME, struct.pack("<Q", since // timedelta(microseconds=1) * 10)


def text16(text: str) -> tuple[int, bytes]:
    return TEXT16, f"{text}\0".encode("utf-16-le")


def winmail(*attributes: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(attributes)


def attribute(level: int, number: int, content: bytes) -> bytes:
    return (
        struct.pack("<BII", level, number, len(content)) + content + struct.pack("<H", sum(content) & 0xFFFF)
    )


def properties(values: Values, named: Named | None = None) -> bytes:
    names = dict(enumerate(named or {}, start=0x8000))
    numbered = values | {at: (named or {})[name] for at, name in names.items()}
    out = struct.pack("<I", len(numbered))
    for at, (kind, content) in numbered.items():
        out += struct.pack("<HH", kind, at)
        if at in names:
            of_set, name = names[at]
            out += of_set + struct.pack("<II", 0, name)
        if kind in (TEXT8, TEXT16, BINARY, OBJECT):
            out += struct.pack("<II", 1, len(content))
        out += content + bytes(-len(content) % 4)
    return out


def message(values: Values, named: Named | None = None) -> bytes:
    return attribute(1, 0x00069003, properties(values, named))


def attachment(content: bytes, values: Values) -> bytes:
    return (
        attribute(2, 0x00069002, bytes(14))
        + (attribute(2, 0x0006800F, content) if content else b"")
        + attribute(2, 0x00069005, properties(values))
    )


def packed_rtf(rtf: bytes) -> bytes:
    """RTF as Outlook stores it, without making use of the compression: literal bytes only."""
    body = b"".join(b"\0" + rtf[at : at + 8] for at in range(0, len(rtf), 8))
    return struct.pack("<IIII", len(body) + 12, len(rtf), 0x75465A4C, 0) + body


def msg(
    values: Values,
    *attachments: tuple[bytes, Values] | Values,
    named: Named | None = None,
    recipients: Sequence[Values] = (),
) -> bytes:
    """A .msg file; an attachment is its content and properties, or the properties of a mail."""
    names = dict(enumerate(named or {}, start=0x8000))
    numbered = values | {at: (named or {})[name] for at, name in names.items()}
    root = _message(numbered, attachments, 32)
    for at, one in enumerate(recipients):
        root[f"__recip_version1.0_#{at:08X}"] = _storage(one, 8)
    if names:
        root["__nameid_version1.0"] = _names(list(names.values()))
    return compound(root)


def _names(names: list[tuple[bytes, int]]) -> dict:
    """The storage of names; the first of them is a text, which has another meaning in each file."""
    sets = list(dict.fromkeys(of_set for of_set, _ in names))
    entries = b"".join(
        struct.pack("<IHH", name, 2 * (sets.index(of_set) + 3), at) for at, (of_set, name) in enumerate(names)
    )
    a_text = struct.pack("<IHH", 0, 2 * 2 + 1, len(names))
    return {
        "__substg1.0_00020102": b"".join(sets),
        "__substg1.0_00030102": a_text + entries,
        "__substg1.0_00040102": struct.pack("<I", 8) + "Kind".encode("utf-16-le"),
    }


def _message(values: Values, attachments, head: int) -> dict:
    storage = _storage(values, head)
    for number, one in enumerate(attachments):
        content, facts = one if isinstance(one, tuple) else (b"", {0x3705: (NUMBER, struct.pack("<Q", 5))})
        inner = _storage(facts | ({0x3701: (BINARY, content)} if content else {}), 8)
        if not isinstance(one, tuple):
            inner["__substg1.0_3701000D"] = _storage(one, 24)
        storage[f"__attach_version1.0_#{number:08X}"] = inner
    return storage


def _storage(values: Values, head: int) -> dict:
    rows = b""
    streams = {}
    for number, (kind, content) in values.items():
        if kind in (TEXT8, TEXT16, BINARY):
            rows += struct.pack("<HHIQ", kind, number, 6, len(content))
            streams[f"__substg1.0_{number:04X}{kind:04X}"] = content
        else:
            rows += struct.pack("<HHI8s", kind, number, 6, content)
    return {"__properties_version1.0": bytes(head) + rows} | streams


def compound(root: dict) -> bytes:
    """A compound file whose streams are all in sectors of 512 bytes ([MS-CFB], with a cutoff of nothing)."""
    sectors: list[bytes] = []
    fat: list[int] = []
    entries: list[list] = [["Root Entry", 5, 0xFFFFFFFF, 0xFFFFFFFE, 0]]

    def store(content: bytes) -> int:
        if not content:
            return 0xFFFFFFFE
        first = len(sectors)
        for at in range(0, len(content), 512):
            sectors.append(content[at : at + 512].ljust(512, b"\0"))
            fat.append(len(sectors))
        fat[-1] = 0xFFFFFFFE
        return first

    def add(folder: dict, parent: int) -> None:
        numbers = []
        for name, content in folder.items():
            numbers.append(len(entries))
            if isinstance(content, dict):
                entries.append([name, 1, 0xFFFFFFFF, 0, 0])
                add(content, numbers[-1])
            else:
                entries.append([name, 2, 0xFFFFFFFF, store(content), len(content)])
        entries[parent][2] = numbers[0] if numbers else 0xFFFFFFFF
        for left, right in pairwise(numbers):
            entries[left].append(right)

    add(root, 0)
    directory = b""
    for name, kind, child, start, size, *right in entries:
        raw = name.encode("utf-16-le")
        directory += struct.pack(
            "<64sHBBIII36xIQ",
            raw,
            len(raw) + 2,
            kind,
            1,
            0xFFFFFFFF,
            *(right or [0xFFFFFFFF]),
            child,
            start,
            size,
        )
    directory_at = store(directory)
    fat_at = len(sectors)
    fat_sectors = (fat_at + 1) // 127 + 1
    fat += [0xFFFFFFFD] * fat_sectors
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_sectors * 512, b"\xff")
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        fat_sectors,
        directory_at,
        0,
        0,
        0xFFFFFFFE,
        0,
        0xFFFFFFFE,
        0,
    )
    places = list(range(fat_at, fat_at + fat_sectors))
    header += struct.pack("<109I", *places, *[0xFFFFFFFF] * (109 - fat_sectors))
    return header + b"".join(sectors) + table
