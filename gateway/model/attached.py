"""A file that is attached to a mail, wherever in it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attached:
    """A file with its name."""

    name: str  #: as its sender wrote it
    content: Callable[[], bytes]  #: what is in it, as far as that can be decoded
    is_encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text that people read in the mail."""

    text: str
    is_html: bool = False
