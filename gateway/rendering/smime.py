"""What S/MIME wraps a mail or a document in: application/pkcs7-mime, and files that end in .p7m.

What is signed or compressed is taken out; whether the signature is good is not asked, for it proves nothing
that the gateway acts on. What is encrypted is refused. Programs write BER as well as DER, in pieces, and only
the beginning of a mail may be at hand: what is cut off is read as far as it goes.

Spec: RFC 8551 3.2 (kinds of messages), RFC 5652 (CMS), RFC 3274 (compressed), X.690 8 (BER).
"""

import base64
import binascii
import mimetypes
import re
import zlib
from collections.abc import Iterator
from pathlib import PurePath

from gateway.rendering.mime import Part, made_part, parse
from renderers import DocumentProtected

MEDIA_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_MOST_ELEMENTS = 1_000_000
_MOST_UNPACKED = 100 * 1024 * 1024  # bytes
_DEPTH = 8  # of octets in pieces; programs make two
_SEQUENCE, _OID, _OCTETS, _PIECES, _EXPLICIT = 0x30, 0x06, 0x04, 0x24, 0xA0
_END = b"\0\0"
_SIGNED = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
_COMPRESSED = bytes.fromhex("2a864886f70d0109100109")  # ...9.16.1.9
_RECEIPT = bytes.fromhex("2a864886f70d0109100101")  # ...9.16.1.1
_ENCRYPTED = (
    bytes.fromhex("2a864886f70d010703"),  # enveloped
    bytes.fromhex("2a864886f70d010704"),  # signed and enveloped, of PKCS #7
    bytes.fromhex("2a864886f70d010706"),  # encrypted
    bytes.fromhex("2a864886f70d0109100117"),  # authenticated and enveloped
)
_ARMOUR = re.compile(rb"-----[A-Z0-9 ]+-----")
_BASE64 = re.compile(rb"M[A-Za-z0-9+/=\s-]+")
#: How the MIME entity that was signed begins; a document that was signed does not.
_ENTITY = re.compile(rb"\s*(?:content-[a-z-]+|mime-version|received|from|date|subject)[ \t]*:", re.IGNORECASE)


def is_wrapped(beginning: bytes, part: Part) -> bool:
    """Whether the part that begins with these bytes is CMS, or what Outlook keeps in its place."""
    if part.media_type not in MEDIA_TYPES and not part.filename.lower().endswith((".p7m", ".p7c", ".p7z")):
        return False
    return beginning.startswith((b"\x30", b"-----BEGIN", b"MI")) or _ENTITY.match(beginning) is not None


def part_of(data: bytes, name: str, defects: list[str]) -> Part | None:
    """The mail or document that is wrapped; None when there is none, but certificates or a receipt.

    Raises:
        DocumentProtected: it is encrypted.
        ValueError: it is damaged.
    """
    if _ENTITY.match(data):
        return parse(data, defects)  # Outlook keeps a signed mail as it came, under this name
    content = _content(_binary(data), name, defects)
    if content is None:
        return None
    stem = PurePath(name).stem
    if _ENTITY.match(content) or not PurePath(stem).suffix:
        return parse(content, defects)
    return made_part(content, mimetypes.guess_type(stem)[0] or "application/octet-stream", name=stem)


def encrypted(name: str, how: str) -> DocumentProtected:
    """The error that says so of a mail, or of a file in one."""
    wraps_mail = PurePath(name).name.lower() in ("smime.p7m", "encrypted.asc", "msg.asc", "openpgp.asc")
    what = "The mail" if wraps_mail else f'The document "{name}"'
    return DocumentProtected(
        name,
        sentence=f"{what} is encrypted ({how}), and the fax server has no key to read it.",
        remedy="Send it again without encryption.",
    )


def _binary(data: bytes) -> bytes:
    """Without the text that some programs wrap it in."""
    text = _ARMOUR.sub(b"", data)
    if data.startswith(b"\x30") or not _BASE64.fullmatch(text.strip()):
        return data
    text = b"".join(text.split())
    try:
        return base64.b64decode(text[: len(text) // 4 * 4])
    except binascii.Error as error:
        raise ValueError("base64 in a signed file is damaged") from error


def _content(data: bytes, name: str, defects: list[str]) -> bytes | None:
    reader = _Reader(data)
    kind, body = reader.typed(*reader.only(_SEQUENCE))
    if kind in _ENCRYPTED:
        raise encrypted(name, "S/MIME")
    if kind not in (_SIGNED, _COMPRESSED) or body is None:
        raise ValueError("not a kind of CMS that holds a mail")
    inner = [(start, end) for tag, start, end in reader.children(*body) if tag == _SEQUENCE]
    at = 1 if kind == _COMPRESSED else 0  # behind the algorithm
    if len(inner) <= at:
        raise ValueError("CMS without a content")
    kind_inside, octets = reader.typed(*inner[at])
    if octets is None or kind_inside == _RECEIPT:
        return None
    content = reader.octets(*octets)
    if reader.is_cut_off:
        defects.append("a signed mail is cut off")
    return _unpacked(content) if kind == _COMPRESSED else content


def _unpacked(content: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(content, _MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError("compressed CMS is damaged") from error
    if unpacker.unconsumed_tail:
        raise ValueError("compressed CMS is too large")
    return found


class _Reader:
    """Elements of BER, in bounded time, as far as the data go."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _MOST_ELEMENTS
        self.is_cut_off = False

    def children(self, start: int, end: int, depth: int = 0) -> Iterator[tuple[int, int, int]]:
        """Tag and place of the content of each element between these places."""
        while start < end:
            tag, content, behind, begin_next = self._element(start, end, depth)
            if content < 0:
                return
            yield tag, content, behind
            start = begin_next

    def only(self, tag: int) -> tuple[int, int]:
        """The place of the content of the element that is all of it, and must have this tag."""
        found, content, behind, _ = self._element(0, len(self._data), 0)
        if found != tag:
            raise ValueError("not CMS")
        return content, behind

    def typed(self, start: int, end: int) -> tuple[bytes, tuple[int, int] | None]:
        """A sequence of an object id and what it is the type of: where the inside of that lies."""
        kind = b""
        for tag, content, behind in self.children(start, end):
            if tag == _OID and not kind:
                kind = self._data[content:behind]
            elif tag == _EXPLICIT and kind:
                inside = next(self.children(content, behind), None)
                if inside is None:
                    return kind, None
                # Octets are found by their tag, which a sequence need not tell.
                return kind, (content, behind) if inside[0] in (_OCTETS, _PIECES) else inside[1:]
        return kind, None

    def octets(self, start: int, end: int, depth: int = 0) -> bytes:
        """What octet strings between these places hold, put together."""
        if depth > _DEPTH:
            raise ValueError("octets in CMS are nested too deep")
        found = []
        for tag, content, behind in self.children(start, end, depth):
            if tag == _OCTETS:
                found.append(self._data[content:behind])
            elif tag == _PIECES:
                found.append(self.octets(content, behind, depth + 1))
        return b"".join(found)

    def _element(self, at: int, end: int, depth: int) -> tuple[int, int, int, int]:
        """Tag, begin and end of the content, and where the next one begins; begin is -1 at the end of all."""
        data = self._data
        self._left -= 1
        if self._left < 0 or depth > 2 * _DEPTH:
            raise ValueError("CMS has too many elements")
        if at + 2 > end or data[at : at + 2] == _END:
            return 0, -1, at, min(at + 2, end)
        tag, length = data[at], data[at + 1]
        if tag & 0x1F == 0x1F:
            raise ValueError("CMS has a tag that it does not know")
        at += 2
        if length == 0x80:
            behind = at
            while behind < end:
                _, content, _, next_one = self._element(behind, end, depth + 1)
                if content < 0:
                    return tag, at, behind, next_one
                behind = next_one
            self.is_cut_off = True
            return tag, at, end, end
        if length > 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > end:
            self.is_cut_off = True
        behind = min(at + length, end)
        return tag, min(at, end), behind, behind
