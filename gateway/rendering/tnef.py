"""winmail.dat: the wrapping Outlook puts around mails it sends as "rich text".

Every length is checked against what is there, values are not copied before they are wanted, and mails inside
mails are opened to a fixed depth, so a file costs no more than its size.

Spec: [MS-OXTNEF] 2.1.1 (attributes), 2.1.3.4 (properties).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.rendering.mime import Part
from gateway.rendering.outlook import (
    BODY,
    DATA,
    EMBEDDED_MESSAGE,
    METHOD,
    SUBJECT,
    OutlookAttachment,
    message_part,
)
from gateway.rendering.outlook_codecs import codec_of
from gateway.rendering.outlook_names import set_of
from gateway.rendering.outlook_properties import BINARY, OBJECT, TEXT8, TEXT16, Properties

SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_DEPTH = 5
_MOST_ATTACHMENTS = 500
_MOST_PROPERTIES = 10_000
_ATTRIBUTE = struct.Struct("<BII")  # level, id, length; a checksum of two bytes follows the data
_U32 = struct.Struct("<I")
_IN_MESSAGE, _IN_ATTACHMENT = 1, 2
_CODEPAGE, _SUBJECT, _BODY, _MESSAGE_PROPS = 0x00069007, 0x00018004, 0x0002800C, 0x00069003
_BEGINS, _TITLE, _DATA, _ATTACHMENT_PROPS = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_CLASS, _CLASS_PROPERTY, _TITLE_PROPERTY = 0x00078008, 0x001A, 0x3704
_NAMED = 0x8000  # properties from here on have a name behind their number
#: Bytes of one value of each type that has a fixed length, as stored (2.1.3.4: padded to four).
_FIXED = {0: 4, 1: 4, 2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
_VARIABLE = frozenset({TEXT8, TEXT16, BINARY, OBJECT})
_MANY = 0x1000
_OBJECT_ID = 16  # an interface id stands before an object's data


@dataclass(slots=True)
class _Contents:
    mail: Properties = field(default_factory=Properties)
    attachments: list[OutlookAttachment] = field(default_factory=list)


def part_of(data: bytes, defects: list[str], *, depth: int = 0) -> Part:
    """The mail in the file, as a multipart/mixed of its text and attachments; what can be read of it.

    Raises:
        ValueError: this is no TNEF.
    """
    if not data.startswith(SIGNATURE):
        raise ValueError("no TNEF signature")
    found = _Contents()
    for level, attribute, content in _attributes(memoryview(data), defects):
        if level == _IN_MESSAGE:
            _take_message(found, attribute, content, defects)
        elif level == _IN_ATTACHMENT:
            _take_attachment(found, attribute, content, defects)
    for attachment in found.attachments:
        _open_message(attachment, defects, depth)
    return message_part(found.mail, found.attachments, defects)


def _attributes(data: memoryview, defects: list[str]) -> Iterator[tuple[int, int, memoryview]]:
    """Level, id and content of each attribute, as far as they are whole."""
    at = 6  # signature and key
    while at + _ATTRIBUTE.size <= len(data):
        level, attribute, length = _ATTRIBUTE.unpack_from(data, at)
        start = at + _ATTRIBUTE.size
        if level not in (_IN_MESSAGE, _IN_ATTACHMENT):
            defects.append("winmail.dat has something behind its end")
            return
        if start + length > len(data):
            defects.append("winmail.dat is cut off")
            return
        yield level, attribute, data[start : start + length]
        at = start + length + 2


def _take_message(found: _Contents, attribute: int, content: memoryview, defects: list[str]) -> None:
    if attribute == _CODEPAGE and len(content) >= 4:
        found.mail.codec = codec_of(_U32.unpack_from(content)[0])
    elif attribute == _SUBJECT:
        found.mail.values.setdefault(SUBJECT, (TEXT8, bytes(content)))
    elif attribute == _CLASS:
        found.mail.values.setdefault(_CLASS_PROPERTY, (TEXT8, bytes(content)))
    elif attribute == _BODY:
        found.mail.values.setdefault(BODY, (TEXT8, bytes(content)))
    elif attribute == _MESSAGE_PROPS:
        _add_properties(found.mail, content, defects)


def _take_attachment(found: _Contents, attribute: int, content: memoryview, defects: list[str]) -> None:
    if attribute == _BEGINS or not found.attachments:
        if len(found.attachments) >= _MOST_ATTACHMENTS:
            return
        found.attachments.append(OutlookAttachment(Properties(codec=found.mail.codec)))
    attachment = found.attachments[-1]
    if attribute == _DATA:
        attachment.content = bytes(content)
    elif attribute == _TITLE:
        attachment.properties.values.setdefault(_TITLE_PROPERTY, (TEXT8, bytes(content)))
    elif attribute == _ATTACHMENT_PROPS:
        _add_properties(attachment.properties, content, defects)


def _open_message(attachment: OutlookAttachment, defects: list[str], depth: int) -> None:
    """Gives an attachment its content, or the mail that it is."""
    kind, data = attachment.properties.values.get(DATA, (0, b""))
    if not data:
        return
    inner = data[_OBJECT_ID:] if kind == OBJECT else data
    if not attachment.content:
        attachment.content = inner
    is_message = attachment.properties.number(METHOD) == EMBEDDED_MESSAGE or kind == OBJECT
    if is_message and inner.startswith(SIGNATURE):
        if depth < MAX_DEPTH:
            attachment.message = part_of(inner, defects, depth=depth + 1)
        else:
            defects.append("mails in winmail.dat are nested too deep")


def _add_properties(found: Properties, data: memoryview, defects: list[str]) -> None:
    try:
        count, at = _U32.unpack_from(data)[0], 4
        for _ in range(min(count, _MOST_PROPERTIES)):
            kind, number = struct.unpack_from("<HH", data, at)
            at += 4
            if number >= _NAMED:
                is_text, name = struct.unpack_from("<16xII", data, at)
                if not is_text:
                    found.names[set_of(bytes(data[at : at + 4])), name] = number
                at = _behind_name(data, at)
            value, at = _value(data, at, kind)
            if value is not None:
                found.values[number] = (kind & ~_MANY, bytes(value))
    except (struct.error, KeyError):
        defects.append("winmail.dat has damaged properties")


def _behind_name(data: memoryview, at: int) -> int:
    """Where a named property's value begins: behind a GUID and a number or a name."""
    is_text = _U32.unpack_from(data, at + 16)[0]
    length = _U32.unpack_from(data, at + 20)[0]
    return at + 24 + (_padded(length) if is_text else 0)


def _value(data: memoryview, at: int, kind: int) -> tuple[memoryview | None, int]:
    """The first value of a property, and where the next property begins.

    Raises:
        struct.error: it does not fit into the data.
        KeyError: nobody knows the type, so nothing behind it can be read.
    """
    base, first = kind & ~_MANY, None
    variable = base in _VARIABLE
    count = 1
    if variable or kind & _MANY:
        count, at = _U32.unpack_from(data, at)[0], at + 4
    for _ in range(count):
        if variable:
            length, at = _U32.unpack_from(data, at)[0], at + 4
        else:
            length = _FIXED[base]
        if at + length > len(data):
            raise struct.error("a value is longer than its attribute")
        first = data[at : at + length] if first is None else first
        at += _padded(length) if variable or length % 4 == 0 else length
    return first, at


def _padded(length: int) -> int:
    return length + -length % 4
