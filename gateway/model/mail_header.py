"""The header of a message, parsed once for all who look into it.

A mail to ten thousand numbers becomes as many jobs, and each asks the same of the same header.
"""

from email import policy
from email.message import Message
from email.parser import HeaderParser
from functools import lru_cache

HEADER_SIZE = 256 * 1024  #: bytes of a message in which its header is looked for
_PARSER = HeaderParser(policy=policy.compat32)  # reads anything


@lru_cache(maxsize=8)
def header_of(beginning: bytes) -> Message:
    """The fields at the beginning of a message. They are shared: to be looked at, not to be changed."""
    head = beginning[:HEADER_SIZE]
    ends = [found for found in (head.find(b"\r\n\r\n"), head.find(b"\n\n")) if found >= 0]
    return _PARSER.parsestr(head[: min(ends, default=len(head))].decode("utf-8", "replace"))
