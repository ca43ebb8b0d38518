"""Bytes that are text, in whatever charset."""

from __future__ import annotations

import codecs
import re

import chardet

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: ISO 2022 says with these that Japanese, Chinese or Korean follows; it is ASCII otherwise.
_ISO_2022 = (b"\x1b$", "iso2022_jp_2")
#: Letters in KOI8-R and Windows-1251; those below 0xC0 are two each.
_LETTER = rb"[\xa3\xa8\xb3\xb8\xc0-\xff]"
_LETTERS, _WORD = re.compile(_LETTER), re.compile(_LETTER + rb"{4,}")
#: What programs that declare the first mean: it has the euro and the quotation marks that the first lacks.
#: Spec: WHATWG Encoding, 4.2 (names and labels).
_MEANT = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
#: For names of hosts; as texts they take Python minutes.
_FOR_NAMES = ("punycode", "idna")
#: Boxes of lines, and small letters beside ü é ä ö, as programs of DOS wrote them: in Windows-1252 the first
#: are runs of Ä, Í or Û, the others quotation marks in words.
_DOS_BOX = re.compile(rb"\xc4{4,}|\xcd{4,}|\xdb{4,}")
_DOS_LETTER = re.compile(rb"[a-z][\x81\x82\x84\x94][a-z]")
_DOS_LETTERS = frozenset(b"\x81\x82\x84\x85\x87\x88\x8a\x8e\x94\x99\x9a\x9c\xa0\xa1\xa2\xa3\xa4\xa5\xe1\xf8")
_CYRILLIC_DOS = ("cp866", "cp855")
#: Polish letters, which are ³ ¿ and other signs in words when they are taken for Western ones; and which of
#: them are in one coding only.
_POLISH = re.compile(rb"[a-z][\xb1\xb3\xb6\xb9\xbc\xbf\x9c\x9f][a-z]")
_POLISH_1250, _POLISH_8859 = b"\xa5\xb9\x8c\x9c\x8f\x9f", b"\xa1\xb1\xa6\xb6\xac\xbc"
_WESTERN = (None, "cp1252", "iso8859-1", "iso8859-9", "iso8859-15", "cp1254", "mac-roman")
_LOOKED_AT = 100_000  # bytes
_LEAST_SURE = 0.15  #: what chardet is less sure of is a few accents in a Western text
_UTF_16_LOOKED_AT = 4096  # bytes


def decoded(data: bytes, charset: str | None = None) -> str:
    """The text: by its byte order mark, else as declared, else UTF-8, else as its letters look.

    Few letters say nothing: then it is Windows-1252, or KOI8-R or Windows-1251 when they are Cyrillic.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    escape, iso_2022 = _ISO_2022
    declared = _of_texts(charset)
    for guess in (_meant(declared), declared, utf_16_in(data), iso_2022 if escape in data else None, "utf-8"):
        if guess:
            try:
                return data.decode(guess)
            except (LookupError, ValueError):
                continue
    return data.decode(_charset_of(data[:_LOOKED_AT]), "replace")


def _of_texts(charset: str | None) -> str | None:
    """The charset, unless it is one that no text is written in."""
    try:
        return charset if charset and codecs.lookup(charset).name not in _FOR_NAMES else None
    except (LookupError, ValueError):
        return None


def _meant(charset: str | None) -> str | None:
    try:
        return _MEANT.get(codecs.lookup(charset).name) if charset else None
    except (LookupError, ValueError):
        return None


def utf_16_in(data: bytes) -> str | None:
    """Which UTF-16 text without a byte order mark is in: every other byte of its ASCII letters is zero."""
    head = data[: min(len(data) & ~1, _UTF_16_LOOKED_AT)]
    zeros = head[::2].count(0), head[1::2].count(0)
    if min(zeros) or not max(zeros):
        return None
    name = "utf-16-be" if zeros[0] else "utf-16-le"
    try:
        text = codecs.getincrementaldecoder(name)().decode(head)
    except ValueError:
        return None
    return name if all(letter.isprintable() or letter in "\t\r\n\f\ufeff" for letter in text) else None


def _charset_of(data: bytes) -> str:
    name = _as_chardet_says(data)
    if _DOS_BOX.search(data):
        return name if name in _CYRILLIC_DOS else "cp437"
    if _DOS_LETTER.search(data) and {letter for letter in data if letter > 0x7F} <= _DOS_LETTERS:
        return "cp850"
    if name in _WESTERN and _POLISH.search(data):
        windows, iso = (sum(map(data.count, kind)) for kind in (_POLISH_1250, _POLISH_8859))
        return "cp1250" if windows >= iso else "iso8859-2"
    return name or _of_few_letters(data)


def _as_chardet_says(data: bytes) -> str | None:
    found = chardet.detect(data)
    name, sure = found["encoding"], found["confidence"]
    try:
        return codecs.lookup(name).name if name and sure >= _LEAST_SURE else None
    except LookupError:
        return None


def _of_few_letters(data: bytes) -> str:
    """Western words have an accent here and there, Cyrillic ones hardly any other byte.

    Small letters are below 0xE0 in KOI8-R and above it in Windows-1251, and most letters are small.
    """
    in_words = b"".join(_WORD.findall(data))
    if not in_words or len(in_words) * 2 < len(_LETTERS.findall(data)):
        return "cp1252"
    lower = sum(letter < 0xE0 for letter in in_words)
    return "koi8-r" if lower * 2 > len(in_words) else "cp1251"
