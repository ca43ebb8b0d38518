"""Files in letters, as UNIX programs put them into mails before there was MIME, and scripts still do.

Spec: POSIX, uuencode.
"""

import binascii
import mimetypes
import re

from gateway.rendering.mime import Part, made_part

# The letters of a line are no small ones, so that no line is an end.
_FILE = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n((?:[ -`]{1,90}\r?\n)+)\r?\n?end[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE,
)


def is_in(part: Part, defects: list[str]) -> bool:
    """Whether there are files in this text of a mail."""
    content = part.content(defects)
    return b"begin " in content and _FILE.search(content) is not None


def part_of(part: Part, defects: list[str]) -> Part:
    """The text around the files, and the files behind it, as a multipart/mixed."""
    content = part.content(defects)
    headers = {name: said for name, said in part.headers.items() if name != "content-transfer-encoding"}
    text = Part(headers, memoryview(_FILE.sub(b"", content)), part.media_type)
    files = [_file(*found.groups()) for found in _FILE.finditer(content)]
    return Part({}, memoryview(b""), "multipart/mixed", [text, *files])


def _file(name: bytes, lines: bytes) -> Part:
    content = b""
    try:
        content = b"".join(binascii.a2b_uu(line) for line in lines.splitlines())
    except binascii.Error:
        pass  # it is empty, which its sender is told
    shown = name.decode("utf-8", "replace").strip()
    return made_part(content, mimetypes.guess_type(shown)[0] or "application/octet-stream", name=shown)
