r"""The HTML that Outlook hid in the RTF of a mail.

Outlook keeps the text of HTML mails as RTF in which the HTML stands between the lines: tags in groups of
their own, and what only RTF readers shall see between \htmlrtf and \htmlrtf0. In one pass; strangers
write this.

Spec: [MS-OXRTFEX] 2.1.3 (what is emitted), 3.1 (the de-encapsulating reader); RTF 1.9.1 for the rest.
"""

import re
from dataclasses import dataclass, replace

from gateway.rendering.outlook_codecs import codec_of

_TOKEN = re.compile(
    rb"\\(?P<word>[a-z]{1,32})(?P<number>-?[0-9]{1,9})? ?|\\'(?P<hex>[0-9a-f]{2})|\\(?P<symbol>[^a-z])"
    rb"|(?P<brace>[{}])|[\r\n\0]+|(?P<text>[^\\{}\r\n\0]+)",
    re.IGNORECASE | re.DOTALL,
)
_FROM_HTML = re.compile(rb"\\fromhtml1?(?![0-9a-z])")
_HEADER_SIZE = 4096  # bytes in which \fromhtml stands
#: Groups without text of the mail.
_UNSEEN = frozenset({"colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "listtable"})
_LETTERS = {
    "par": "\r\n",
    "line": "\r\n",
    "tab": "\t",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "endash": "–",
    "emdash": "—",
}
_SYMBOLS = {"\\": "\\", "{": "{", "}": "}", "~": "\xa0", "_": "\xad", "\n": "\r\n", "\r": "\r\n"}
#: Windows code pages of \fcharset (RTF 1.9.1, font table).
_CHARSETS = {
    128: 932,
    129: 949,
    134: 936,
    136: 950,
    161: 1253,
    162: 1254,
    163: 1258,
    177: 1255,
    178: 1256,
    186: 1257,
    204: 1251,
    222: 874,
    238: 1250,
}
_MOST_GROUPS = 10_000


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds until the group ends."""

    unseen: bool = False
    in_tag: bool = False  #: in a group that holds HTML
    for_rtf: bool = False  #: between \htmlrtf and \htmlrtf0
    in_fonts: bool = False
    star: bool = False  #: the next word says whether anybody need know this group
    skips: int = 1  #: letters that stand behind \u for those who do not know it
    codec: str = "cp1252"


def html_in(rtf: bytes) -> str | None:
    """The HTML of a mail that is kept as RTF; None when it never was HTML, or is no RTF."""
    if not rtf.startswith(b"{\\rtf") or not _FROM_HTML.search(rtf[:_HEADER_SIZE]):
        return None
    return _Reader().read(rtf)


class _Reader:
    def __init__(self) -> None:
        self._group = _Group()
        self._outer: list[_Group] = []
        self._out: list[str] = []
        self._bytes = bytearray()
        self._codec = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._to_skip = 0

    def read(self, rtf: bytes) -> str:
        at = 0
        while token := _TOKEN.match(rtf, at):
            at = token.end()
            if token["word"]:
                number = int(token["number"]) if token["number"] else None
                if token["word"] == b"bin":
                    at += max(0, number or 0)
                else:
                    self._word(token["word"].decode().lower(), number)
            elif token["hex"]:
                self._put_bytes(bytes.fromhex(token["hex"].decode()))
            elif token["symbol"]:
                self._symbol(token["symbol"].decode("latin-1"))
            elif token["brace"]:
                self._brace(token["brace"])
            elif token["text"]:
                self._put_bytes(token["text"])
        self._flush()
        return "".join(self._out)

    def _brace(self, brace: bytes) -> None:
        self._to_skip = 0
        if brace == b"{":
            if len(self._outer) < _MOST_GROUPS:
                self._outer.append(self._group)
        elif self._outer:
            self._flush()
            self._group = self._outer.pop()

    def _word(self, word: str, number: int | None) -> None:
        self._to_skip = 0
        group = self._group
        if group.star:
            self._group = replace(group, star=False, in_tag=word == "htmltag", unseen=word != "htmltag")
        elif word in _UNSEEN or word == "fonttbl":
            self._group = replace(group, unseen=True, in_fonts=word == "fonttbl")
        elif word == "htmlrtf":
            self._group = replace(group, for_rtf=number != 0)
        elif word == "uc":
            self._group = replace(group, skips=max(0, number or 0))
        elif word == "u" and number is not None:
            self._put(chr(number & 0xFFFF))
            self._to_skip = group.skips
        elif word == "ansicpg":
            self._codec = codec_of(number or 0)
            self._group = replace(group, codec=self._codec)
        elif word == "f":
            self._choose_font(number or 0)
        elif word == "fcharset" and group.in_fonts:
            self._fonts[self._font] = codec_of(_CHARSETS[number]) if number in _CHARSETS else self._codec
        elif word in _LETTERS:
            self._put(_LETTERS[word])

    def _choose_font(self, number: int) -> None:
        if self._group.in_fonts:
            self._font = number
        else:
            self._flush()
            self._group = replace(self._group, codec=self._fonts.get(number, self._codec))

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._group = replace(self._group, star=True)
        elif symbol in _SYMBOLS:
            self._put(_SYMBOLS[symbol])

    def _put_bytes(self, data: bytes) -> None:
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        if self._is_seen:
            self._bytes += data[skipped:]

    def _put(self, text: str) -> None:
        self._flush()
        if self._is_seen:
            self._out.append(text)

    @property
    def _is_seen(self) -> bool:
        return not self._group.unseen and (self._group.in_tag or not self._group.for_rtf)

    def _flush(self) -> None:
        """Bytes become text together: a letter may have several."""
        if self._bytes:
            self._out.append(self._bytes.decode(self._group.codec, "replace"))
            self._bytes.clear()
