"""The header of a message, parsed once for all who look into it.

A mail to ten thousand numbers becomes as many jobs, and each asks the same of the same header.
"""

import codecs
import re
from email import policy
from email.message import Message
from email.parser import HeaderParser
from functools import lru_cache

HEADER_SIZE = 256 * 1024  #: bytes of a message in which its header is looked for
_PARSER = HeaderParser(policy=policy.compat32)  # reads anything
#: Lines that are no field, and no more of one: the parser would end the header there. A mail that a program
#: saved may begin with a byte-order mark, which is then in the middle, behind our own trace line.
_MARK = "\ufeff"
_STRAY = re.compile(r"^(?![!-9;-~]+[ \t]*:|[ \t]|From |\r?$)[^\n]*(?:\n|\Z)", re.MULTILINE)
_SPACED = re.compile(r"^([!-9;-~]+)[ \t]+:", re.MULTILINE)  # RFC 5322 4.5: once allowed


def _western(error: UnicodeError) -> tuple[str, int]:
    """What is not UTF-8 is what older programs in the West write."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("faxgw-western", _western)


@lru_cache(maxsize=8)
def header_of(beginning: bytes) -> Message:
    """The fields at the beginning of a message. They are shared: to be looked at, not to be changed."""
    head = beginning[:HEADER_SIZE]
    ends = [found for found in (head.find(b"\r\n\r\n"), head.find(b"\n\n")) if found >= 0]
    text = head[: min(ends, default=len(head))].decode("utf-8", "faxgw-western")
    return _PARSER.parsestr(_SPACED.sub(r"\1:", _STRAY.sub("", text.replace(_MARK, ""))))


def is_whole(beginning: bytes) -> bool:
    """Whether the header of a message ends within what is read of it."""
    head = beginning[:HEADER_SIZE]
    return len(head) < HEADER_SIZE or b"\r\n\r\n" in head or b"\n\n" in head
