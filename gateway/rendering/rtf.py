"""Outlook's compressed RTF: the text of mails in winmail.dat and .msg files.

Spec: [MS-OXRTFCP] 2.1.3 (header and dictionary), 2.2 (decompression); [MS-OXRTFEX] 2.1.3.1 (text in RTF).
"""

import re
import struct
from collections.abc import Sequence

MOST = 20_000_000  #: bytes of unpacked RTF
_HEADER = struct.Struct("<IIII")
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D  # "LZFu", "MELA"
_RING = 4096
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS "
    rb"Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_TOKEN = re.compile(rb"\\'..|\\[a-zA-Z]+-?[0-9]*|\\.|[{}]|[^\\{}]+", re.DOTALL)
_FROM_TEXT = re.compile(rb"\\fromtext(?![0-9a-z])")
_HEADER_SIZE = 4096  # bytes in which \\fromtext stands
_BODY_STARTS = frozenset({b"\\pard", b"\\plain", b"\\par"})


def decompressed(data: bytes) -> bytes:
    """The RTF; what could be read of it when the data is cut off, at most MOST bytes.

    Raises:
        ValueError: this is no compressed RTF.
    """
    if len(data) < _HEADER.size:
        raise ValueError("compressed RTF without a header")
    _, raw_size, kind, _ = _HEADER.unpack_from(data)
    content = data[_HEADER.size :]
    if kind == _PLAIN:
        return content[: min(raw_size, MOST)]
    if kind != _COMPRESSED:
        raise ValueError("neither compressed nor plain RTF")
    return _unpacked(content, min(raw_size, MOST))


def _unpacked(data: bytes, size: int) -> bytes:
    ring = bytearray(_DICTIONARY.ljust(_RING, b"\0"))
    write = len(_DICTIONARY)
    out = bytearray()
    at = 0
    while at < len(data) and len(out) < size:
        flags = data[at]
        at += 1
        for bit in range(8):
            if flags >> bit & 1:
                if at + 2 > len(data):
                    return bytes(out)
                token = data[at] << 8 | data[at + 1]
                at += 2
                start = token >> 4
                if start == write:
                    return bytes(out[:size])  # 2.1.3.1.5: a reference to the write position is the end
                run = bytearray()
                for step in range((token & 15) + 2):
                    letter = ring[(start + step) % _RING]
                    ring[write] = letter
                    write = (write + 1) % _RING
                    run.append(letter)
                out += run
            elif at < len(data):
                out.append(data[at])
                ring[write] = data[at]
                write = (write + 1) % _RING
                at += 1
    return bytes(out[:size])


def was_text(rtf: bytes) -> bool:
    """Whether a program wrapped plain text in it, which the mail has, too."""
    return _FROM_TEXT.search(rtf[:_HEADER_SIZE]) is not None


def with_lines(rtf: bytes, lines: Sequence[str]) -> bytes:
    """The document with these lines above its text."""
    at, depth = 0, 0
    for token in _TOKEN.finditer(rtf):
        said = token[0]
        depth += (said == b"{") - (said == b"}")
        is_text = said[0] not in b"\\{}" and said.strip()
        if depth == 1 and (is_text or said in _BODY_STARTS):
            at = token.start()
            break
    # A blank in front of text ends the word before it.
    above = b"{\\pard\\plain\\fs20 " + b"\\line ".join(map(_escaped, lines)) + b"\\par\\par}"
    return rtf[:at] + above + rtf[at:] if at else rtf


def _escaped(line: str) -> bytes:
    found = bytearray()
    for letter in line:
        if letter in "\\{}":
            found += b"\\" + letter.encode()
        elif " " <= letter <= "~":
            found += letter.encode()
        else:
            for (unit,) in struct.iter_unpack("<h", letter.encode("utf-16-le", "replace")):
                found += b"\\u%d?" % unit
    return bytes(found)
