"""What a renderer is. Read this, then write one.

A renderer takes documents of some kinds and yields their pages, either in grey (the pipeline makes them
black and white) or already black and white. It runs in a worker process of its own with limits on time,
memory and files, without network and without other programs, so it may call code that crashes.

Register it as an entry point of the group `faxgw.renderers`; the highest score wins, so a score above 50
replaces a builtin renderer and one below stands in where no builtin accepts. docs/rendering.md has an
example.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from renderers.document import SourceDocument
from renderers.profile import Profile

Gray: TypeAlias = npt.NDArray[np.uint8]  #: rows x width, 0 = black, 255 = white
Bits: TypeAlias = npt.NDArray[
    np.uint8
]  #: rows x width / 8, packed, 1 = black, leftmost dot is the highest bit

#: The score of a builtin renderer for a document it accepts.
BUILTIN = 50
#: The score of a renderer for a document it does not accept.
NOT_MINE = 0


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, in dots; right and bottom are outside it."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Text:
    """Letters of one grey, in a box that is hardly larger than they are."""

    box: Box
    grey: int


@dataclass(frozen=True)
class GrayPage:
    """A page in grey, 1728 dots wide; `pictures` are judged one by one, the rest is text and lines.

    `texts` are those that stand on pictures, where they are known: they are drawn anew there. A page with
    `only_letters` has no rules, which are not looked for then, and one with `only_dark` ones no pale text.
    """

    gray: Gray
    pictures: tuple[Box, ...] = ()
    texts: tuple[Text, ...] = ()
    only_letters: bool = False
    only_dark: bool = False


@dataclass(frozen=True)
class BilevelPage:
    """A page that is black and white already; it is not touched again."""

    bits: Bits


RasterPage: TypeAlias = GrayPage | BilevelPage


@dataclass(frozen=True)
class Workshop:
    """What a renderer has at hand while it works on one fax."""

    profile: Profile
    folder: Path  #: private, empty at the start, deleted afterwards
    office_socket: Path | None = None  #: where the warm LibreOffice listens; None when there is none
    office_seconds: float = 60.0  #: how long one document may keep it busy
    office_wait_seconds: float = 600.0  #: how long the fax may wait for its turns


class Renderer(Protocol):
    """Turns documents of some kinds into pages."""

    @property
    def name(self) -> str:
        """How logs call it."""

    def score(self, document: SourceDocument) -> int:
        """How well it suits the document, whose media type has been told from its bytes; 0 = not at all."""

    def pages(self, document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
        """The document's pages in order, each 1728 dots wide and at most `workshop.profile.rows` long.

        Raises:
            RenderError: what is wrong with the document, in words for its sender.
        """
