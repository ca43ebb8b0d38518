"""The addresses in a header field, as people and programs write them. Linear in the length of the field.

The parsers of the standard library take minutes for a hundred thousand quotes, give up a whole field for one
odd address, and read `+49(30)123@...` as +49123 with a comment: a fax would go to a stranger. Here brackets
around digits are part of the address, and so are square ones (`[FAX:+49 30 123]@...`).

Spec: RFC 5322 3.4 (address lists with groups, comments, quoted strings), RFC 2047 (encoded words in names).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from gateway.model.mail_header import header_of

_LONGEST_NAME = 400  # characters, as written
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
# A quote that does not end is no token: reading stops there.
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|\\(.)|([(<>,;:@])|([^"\\(<>,;:@]+)', re.DOTALL)
_BRACKET = re.compile(r"\\.|[()]", re.DOTALL)
_DIGITS = re.compile(r"[0-9 +./-]{1,20}")
_PLAIN = re.compile(r'[^\x00-\x20\x7f<>"@(),:;\\\[\]]+')  # a local part that needs no quotes
_DOMAIN = re.compile(r'[^\x00-\x20\x7f<>"@(),;\\]+')


@dataclass(frozen=True, slots=True)
class NamedAddress:
    """One address; its local part is quoted where SMTP wants that."""

    address: str
    name: str = ""


def fields_in(header: bytes, *names: str) -> list[str]:
    """The text of each field of these names, in the order of the names; it may still have line breaks."""
    fields = header_of(header)
    return [str(value) for name in names for value in fields.get_all(name, [])]


def addresses_in(text: str) -> list[NamedAddress]:
    """The addresses in the text of one field; what has no "@" is none."""
    return [found for entry in _entries(text) if (found := entry.read()) is not None]


def decoded(name: str, *, longest: int = _LONGEST_NAME) -> str:
    """A name in one line, with what RFC 2047 encoded in plain; "" if it is too long for one."""
    plain = " ".join(name.split())
    if len(plain) > longest:
        return ""
    try:
        plain = str(make_header(decode_header(plain)))
    except (HeaderParseError, LookupError, ValueError):
        pass  # it stays as it is
    return " ".join("".join(sign if sign.isprintable() else " " for sign in plain).split())


@dataclass(slots=True)
class _Entry:
    """What stands between two commas, taken apart."""

    name: list[str] = field(default_factory=list)  #: what stands before <>
    parts: list[str] = field(default_factory=list)  #: of the address
    at: int = -1  #: which of them is its last "@" outside quotes
    is_open: bool = False  #: "<" has come, and no ">"
    is_closed: bool = False  #: ">" has come; what follows belongs to nothing

    @property
    def is_one_off(self) -> bool:
        """It begins like Outlook's `[FAX:...]`."""
        return bool(self.parts) and self.parts[0].lstrip().startswith("[")

    def add(self, text: str) -> None:
        """More of it."""
        if not self.is_closed:
            self.parts.append(text)

    def add_sign(self, sign: str) -> None:
        """One of ( < > @ and so on, outside quotes."""
        if sign == "<" and not (self.is_open or self.is_closed):
            self.name, self.parts, self.at, self.is_open = self.parts, [], -1, True
        elif sign == ">" and self.is_open:
            self.is_open, self.is_closed = False, True
        else:
            if sign == "@" and not self.is_closed:
                self.at = len(self.parts)
            self.add(sign)

    def read(self) -> NamedAddress | None:
        """The address, or None when this is none."""
        if self.at < 0 or self.is_open:
            return None
        local_part = "".join(self.parts[: self.at]).strip()
        # Digits in brackets are part of a number, and of no domain.
        domain = "".join(part for part in self.parts[self.at + 1 :] if not part.startswith("(")).strip()
        if not local_part or not _DOMAIN.fullmatch(domain):
            return None
        if not _PLAIN.fullmatch(local_part):
            local_part = '"' + re.sub(r'(["\\\\])', r"\\\1", " ".join(local_part.split())) + '"'
        return NamedAddress(f"{local_part}@{domain}", decoded("".join(self.name)))


def _entries(text: str) -> Iterator[_Entry]:
    """Each part of the list. Quotes and comments that do not end are its end."""
    entry, at = _Entry(), 0
    while (token := _TOKEN.match(text, at)) is not None:
        at = token.end()
        quoted, escaped, sign, other = token.groups()
        if sign == "(":
            if (end := _end_of_comment(text, at)) < 0:
                break
            if _DIGITS.fullmatch(text[at : end - 1]):
                entry.add(text[at - 1 : end])
            at = end
        elif sign in (",", ";") and not entry.is_open:
            yield entry
            entry = _Entry()
        elif sign == ":" and not entry.is_open and entry.at < 0 and not entry.is_one_off:
            entry = _Entry()  # that was the name of a group
        elif sign:
            entry.add_sign(sign)
        else:
            entry.add(_QUOTED_PAIR.sub(r"\1", quoted) if quoted is not None else escaped or other)
    yield entry


def _end_of_comment(text: str, at: int) -> int:
    """Where the comment ends whose "(" stands before `at`; -1 when it does not."""
    depth = 1
    for found in _BRACKET.finditer(text, at):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return -1
