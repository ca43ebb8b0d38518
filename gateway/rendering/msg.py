"""A mail that Outlook saved as a file (.msg).

Spec: [MS-OXMSG] 2.1 (properties), 2.2 (storages), 2.4 (the stream of properties).
"""

import struct

from gateway.rendering.mime import Part
from gateway.rendering.outlook import CODEPAGE, DATA, OutlookAttachment, message_part
from gateway.rendering.outlook_codecs import codec_of
from gateway.rendering.outlook_names import Names, names_in
from gateway.rendering.outlook_properties import Properties
from renderers import compound_file

MAX_DEPTH = 5
_PROPERTIES = "__properties_version1.0"
_VALUE = "__substg1.0_"
_ATTACHMENT = "__attach_version1.0_"
_MESSAGE_DATA = f"{_VALUE}3701000D"
_RECIPIENT = "__recip_version1.0_"
_MOST_ATTACHMENTS, _MOST_STORAGES = 500, 2000
_ROW = struct.Struct("<HHI8s")  # type, id, flags, value
#: Bytes before the rows: of a file, of a mail inside it, of an attachment or recipient (2.4.1).
_FILE_HEAD, _INNER_HEAD, _ATTACHMENT_HEAD = 32, 24, 8
_CODEPAGE = 0x3FFD


def is_msg(data: bytes) -> bool:
    """Whether a compound file is a mail: only those have this stream."""
    return data.startswith(compound_file.SIGNATURE) and _PROPERTIES.encode("utf-16-le") in data


def part_of(data: bytes, defects: list[str]) -> Part:
    """The mail in the file, as a multipart/mixed of its text and attachments.

    Raises:
        ValueError: this is no .msg file, or it is damaged.
    """
    root = compound_file.opened(data)
    return _message(root, _FILE_HEAD, names_in(root), defects, 0)


def _message(storage: compound_file.Storage, head: int, names: Names, defects: list[str], depth: int) -> Part:
    mail = _properties(storage, head, "cp1252")
    mail.names = names
    if codepage := mail.number(_CODEPAGE) or mail.number(CODEPAGE):
        mail.codec = codec_of(codepage)
    mail.recipients = [
        _properties(storage.storages[name], _ATTACHMENT_HEAD, mail.codec)
        for name in sorted(storage.storages)[:_MOST_STORAGES]
        if name.startswith(_RECIPIENT)
    ]
    attachments = []
    for name in sorted(name for name in storage.storages if name.startswith(_ATTACHMENT))[:_MOST_ATTACHMENTS]:
        attachments.append(_attachment(storage.storages[name], mail, defects, depth))
    return message_part(mail, attachments, defects)


def _attachment(
    storage: compound_file.Storage, mail: Properties, defects: list[str], depth: int
) -> OutlookAttachment:
    facts = _properties(storage, _ATTACHMENT_HEAD, mail.codec)
    found = OutlookAttachment(facts, facts.bytes(DATA))
    inner = storage.storages.get(_MESSAGE_DATA)
    if inner is not None and _PROPERTIES in inner.streams:
        if depth < MAX_DEPTH:
            found.message = _message(inner, _INNER_HEAD, mail.names, defects, depth + 1)
        else:
            defects.append("mails in a .msg file are nested too deep")
    return found


def _properties(storage: compound_file.Storage, head: int, codec: str) -> Properties:
    found = Properties(codec=codec)
    rows = storage.streams.get(_PROPERTIES, b"")[head:]
    for kind, number, _, value in _ROW.iter_unpack(rows[: len(rows) // _ROW.size * _ROW.size]):
        found.values[number] = (kind, value)
    for name, content in storage.streams.items():
        tag = name.removeprefix(_VALUE)
        if tag != name and len(tag) == 8:
            try:
                found.values[int(tag[:4], 16)] = (int(tag[4:], 16), content)
            except ValueError:
                continue
    return found
