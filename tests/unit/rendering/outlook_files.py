"""Small winmail.dat and .msg files, made as Outlook makes them."""

import struct
from itertools import pairwise

TEXT8, TEXT16, BINARY, OBJECT, NUMBER = 0x1E, 0x1F, 0x102, 0x0D, 3
Values = dict[int, tuple[int, bytes]]


def text16(text: str) -> tuple[int, bytes]:
    return TEXT16, f"{text}\0".encode("utf-16-le")


def winmail(*attributes: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(attributes)


def attribute(level: int, number: int, content: bytes) -> bytes:
    return (
        struct.pack("<BII", level, number, len(content)) + content + struct.pack("<H", sum(content) & 0xFFFF)
    )


def properties(values: Values) -> bytes:
    out = struct.pack("<I", len(values))
    for number, (kind, content) in values.items():
        out += struct.pack("<HH", kind, number)
        if kind in (TEXT8, TEXT16, BINARY, OBJECT):
            out += struct.pack("<II", 1, len(content))
        out += content + bytes(-len(content) % 4)
    return out


def message(values: Values) -> bytes:
    return attribute(1, 0x00069003, properties(values))


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


def msg(values: Values, *attachments: tuple[bytes, Values] | Values) -> bytes:
    """A .msg file; an attachment is its content and properties, or the properties of a mail."""
    return compound(_message(values, attachments, 32))


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
