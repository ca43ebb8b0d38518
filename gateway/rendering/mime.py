"""A message cut into its parts, whatever its state. Never raises; says what was wrong.

The standard library's parser is exact, but it works line by line, recurses as deep as a stranger nests, and
asks every open boundary about every line. This one searches for boundaries in blocks, copies nothing until a
part is read, and goes to a fixed depth and number of parts.

Spec: RFC 5322 (headers), RFC 2045 and 2046 (MIME), RFC 2047 and 2231 (names and parameters).
"""

import base64
import binascii
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from gateway.rendering.header_values import decoded_words, parameter
from renderers import DocumentError

MAX_DEPTH = 20  # multiparts in multiparts; mail programs make four
MAX_PARTS = 500  # of one message
_MAX_HEADERS = 256 * 1024  # bytes of one part
_HEADER_END = re.compile(rb"\r?\n[ \t]*\r?\n")
_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")
_BELOW_BASE64 = re.compile(rb"\n[ \t\r]*\n[A-Za-z0-9+/=]*[^A-Za-z0-9+/=\s]")
_LINE_END = re.compile(rb"\r?\n")
_EMPTY = memoryview(b"")
_LF = ord("\n")
_UUENCODED = ("x-uuencode", "uuencode", "x-uue", "uue")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n", re.MULTILINE)


@dataclass(slots=True)
class Part:
    """One node of a message: headers, and either parts or a body."""

    headers: dict[str, list[str]]  #: by lower-case name; 8-bit bytes are surrogates (PEP 383)
    body: memoryview  #: as it stands in the message; of a multipart, nothing
    media_type: str = "text/plain"  #: lower case, without parameters
    parts: "list[Part]" = field(default_factory=list)
    fault: DocumentError | None = None  #: why what is in it cannot be had
    origin: str = ""  #: the name of the file it came out of, when that is not the mail itself
    heading: list[str] = field(default_factory=list)  #: lines to print above it; see saved_mail.py
    facts: list[str] = field(default_factory=list)  #: what else is known of a saved mail, for its heading
    _decoded: bytes | None = None
    _told: dict[tuple[str, str], str] = field(default_factory=dict)  #: what headers say, once read

    def header(self, name: str) -> str:
        """The first header of this name, decoded (RFC 2047), or ""."""
        raw = next(iter(self.headers.get(name, ())), "")
        if (raw, "") not in self._told:
            self._told[raw, ""] = decoded_words(raw)
        return self._told[raw, ""]

    def parameter(self, header: str, name: str) -> str:
        """A parameter of Content-Type or Content-Disposition, decoded (RFC 2231), or ""."""
        raw = next(iter(self.headers.get(header, ())), "")
        if (raw, name) not in self._told:
            self._told[raw, name] = parameter(raw, name)
        return self._told[raw, name]

    @property
    def disposition(self) -> str:
        """`attachment`, `inline` or "" (RFC 2183)."""
        raw = next(iter(self.headers.get("content-disposition", ())), "")
        return raw.partition(";")[0].strip().lower()

    @property
    def filename(self) -> str:
        """The name as its sender wrote it, or ""."""
        return self.parameter("content-disposition", "filename") or self.parameter("content-type", "name")

    @property
    def content_id(self) -> str:
        """What `cid:` links say (RFC 2392), or ""."""
        return next(iter(self.headers.get("content-id", ())), "").strip().strip("<>")

    def content(self, defects: list[str]) -> bytes:
        """The body without its transfer encoding (RFC 2045 6)."""
        if self._decoded is None:
            self._decoded = self._decode(self.body, defects)
        return self._decoded

    def beginning(self, size: int, defects: list[str]) -> bytes:
        """As many of its first bytes, without decoding all of it; fewer when it has fewer."""
        if self._decoded is None and len(self.body) > 4 * size:
            return self._decode(self.body[: 4 * size], [])[:size]
        return self.content(defects)[:size]

    def without_encoding(self, defects: list[str]) -> memoryview:
        """The same, not copied where it is as it stands."""
        is_encoded = self._encoding in ("base64", "quoted-printable", *_UUENCODED)
        return memoryview(self.content(defects)) if is_encoded else self.body

    @property
    def _encoding(self) -> str:
        return _first_word(next(iter(self.headers.get("content-transfer-encoding", ())), ""))

    def _decode(self, body: memoryview, defects: list[str]) -> bytes:
        encoding = self._encoding
        if encoding == "base64":
            return _base64(body, defects)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(body)
        if encoding in _UUENCODED:
            return _uuencoded(bytes(body), defects)
        return bytes(body)

    def leaves(self) -> "Iterator[Part]":
        """This part, or the parts in it that hold content, in order."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def parse(message: bytes, defects: list[str]) -> Part:
    """The message as a tree of at most MAX_DEPTH. What was wrong with it is added to `defects`."""
    return _Parser(defects).part(memoryview(message), depth=0, default="text/plain")


def made_part(content: bytes, media_type: str, *, name: str = "", content_id: str = "") -> Part:
    """A part that no mail program wrote: an attachment if it has a name, else text or a picture of the mail.

    Text is UTF-8.
    """
    kind = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    headers = {"content-type": [kind]}
    if name:
        headers["content-disposition"] = [
            f"attachment; filename*=utf-8''{quote(name[:500].encode('utf-8', 'replace'))}"
        ]
    if content_id:
        headers["content-id"] = [f"<{content_id[:500]}>"]
    return Part(headers, memoryview(content), media_type)


class _Parser:
    def __init__(self, defects: list[str]) -> None:
        self._defects = defects
        self._parts = 0

    def part(self, raw: memoryview, *, depth: int, default: str) -> Part:
        self._parts += 1
        headers, body = _split(raw, self._defects)
        part = Part(headers, body)
        part.media_type = _media_type(part) or default
        if part.media_type.startswith("multipart/"):
            self._open_multipart(part, depth)
        elif part.media_type in ("message/rfc822", "message/global"):
            part.media_type = "message/rfc822"
            if depth < MAX_DEPTH:
                inner = part.without_encoding([])
                part.parts = [self.part(inner, depth=depth + 1, default="text/plain")]
                part.body = _EMPTY
            else:
                self._defects.append("messages in messages are nested too deep")
        return part

    def _open_multipart(self, part: Part, depth: int) -> None:
        boundary = part.parameter("content-type", "boundary")
        if not boundary:
            self._defects.append("a multipart has no boundary")
            part.media_type = "text/plain"
            return
        if depth >= MAX_DEPTH:
            self._defects.append("multiparts are nested too deep")
            part.body = _EMPTY
            return
        default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        body, part.body = part.body, _EMPTY
        for raw in _between(body, boundary.encode("utf-8", "surrogateescape"), self._defects):
            if self._parts >= MAX_PARTS:
                self._defects.append("there are too many parts")
                return
            part.parts.append(self.part(raw, depth=depth + 1, default=default))


def _between(body: memoryview, boundary: bytes, defects: list[str]) -> Iterator[memoryview]:
    """What stands between the boundary lines (RFC 2046 5.1.1). Without an end, to the end."""
    line = re.compile(b"--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    start = None
    for found in line.finditer(body):
        end = found.start()
        if end and body[end - 1] != _LF:
            continue  # not at the beginning of a line
        if start is not None:
            # The line break in front of a boundary belongs to the boundary.
            end -= 2 if bytes(body[max(start, end - 2) : end]) == b"\r\n" else 1
            yield body[start : max(start, end)]
        if found[1]:
            return
        start = found.end()
    if start is not None:
        defects.append("a multipart does not end")
        yield body[start:]
    else:
        defects.append("a multipart has no parts")
        yield memoryview(b"\r\n" + bytes(body))


def _split(raw: memoryview, defects: list[str]) -> tuple[dict[str, list[str]], memoryview]:
    """Headers and body."""
    if bytes(raw[: len(BOM_UTF8)]) == BOM_UTF8:
        raw = raw[len(BOM_UTF8) :]
    if empty_line := _LINE_END.match(raw):
        return {}, raw[empty_line.end() :]
    # A part that begins with its body, though no empty line says so, is common in broken mails.
    first_line = bytes(raw[:1000]).partition(b"\n")[0]
    if _HEADER.match(first_line) is None and not first_line.startswith(b"From "):
        if raw:
            defects.append("a part has no headers")
        return {}, raw
    end = _HEADER_END.search(raw)
    head, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, _EMPTY)
    if len(head) > _MAX_HEADERS:
        defects.append("a part has too many headers")
        head = head[:_MAX_HEADERS]
    headers: dict[str, list[str]] = {}
    for line in _FOLD.sub(b"", head).replace(BOM_UTF8, b"").splitlines():
        if found := _HEADER.fullmatch(line):
            value = found[2].decode("ascii", "surrogateescape").strip()
            headers.setdefault(found[1].decode("ascii").lower(), []).append(value)
    return headers, body


def _first_word(value: str) -> str:
    """What a field says before its parameters and comments, in lower case; programs forget the semicolon."""
    words = value.partition(";")[0].partition("(")[0].split()
    return words[0].strip('"').lower() if words else ""


def _media_type(part: Part) -> str:
    """Type and subtype, or "" when the header is missing or no media type (RFC 2045 5.2)."""
    kind = _first_word(next(iter(part.headers.get("content-type", ())), ""))
    return kind if re.fullmatch(r"[!-.0-~]+/[!-.0-~]+", kind) else ""


def _base64(body: memoryview, defects: list[str]) -> bytes:
    """What is encoded, also in pieces that were encoded one by one; not the text that relays put below it."""
    below = _BELOW_BASE64.search(body)
    data = _NOT_BASE64.sub(b"", body[: below.start()] if below else body)
    if b"=" not in data.rstrip(b"="):
        return _decoded_base64(data.rstrip(b"="), defects)
    return b"".join(_decoded_base64(piece, defects) for piece in data.split(b"=") if piece)


def _decoded_base64(data: bytes, defects: list[str]) -> bytes:
    if len(data) % 4 == 1:
        defects.append("a base64 part is cut off")
        data = data[:-1]
    return base64.b64decode(data + b"=" * (-len(data) % 4))


def _uuencoded(body: bytes, defects: list[str]) -> bytes:
    begin = _UU_BEGIN.search(body)
    lines = body[begin.end() if begin else 0 :].splitlines()
    content = bytearray()
    for line in lines:
        if line.strip() == b"end":
            break
        try:
            content += binascii.a2b_uu(line)
        except binascii.Error:
            defects.append("a uuencoded part is damaged")
            break
    return bytes(content)
