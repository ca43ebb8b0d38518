"""HTML as its reader sees it, and where each sign of that stands in the source.

Mail programs break lines where a space is, and put marks around words they do not know: what is one word to
its reader need not be one in the source.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

_TOKEN = re.compile(
    r"(?P<tag><!--.*?(?:-->|\Z)|<[^>]*>?)"
    r"|(?P<entity>&(?:[A-Za-z][A-Za-z0-9]{1,31}|\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6});)"
    r"|(?P<text>[^<&]+|&+(?![A-Za-z\#])|&)",
    re.DOTALL,
)
_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_UNSEEN = frozenset({"head", "script", "style", "title"})
_BREAKS = frozenset(
    {
        *("address", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt", "form", "hr", "li", "ol"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "section", "table", "td", "th", "tr", "ul"),
    }
)
_SPACES = {ord(sign): " " for sign in "\r\n\t\xa0"}


@dataclass(slots=True)
class _Piece:
    """Signs that stand together: each for itself, or all for one (an entity)."""

    begin: int  #: in the source
    end: int
    is_one: bool = False


class SeenHtml:
    """The text in `html`, in which lines end only where its reader sees them end."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._pieces: list[_Piece] = []
        self._starts: list[int] = []  # of each piece, in the text
        found: list[str] = []
        at = length = 0
        while (token := _TOKEN.match(html, at)) is not None:
            begin, at = token.span()
            if token.lastgroup == "tag":
                at, seen = self._behind(token[0], at)
                piece = None
            else:
                seen = (unescape(token[0]) if token.lastgroup == "entity" else token[0]).translate(_SPACES)
                piece = _Piece(begin, at, is_one=token.lastgroup == "entity")
            last = self._pieces[-1] if self._pieces else None
            if piece and last and not (piece.is_one or last.is_one) and last.end == begin:
                last.end = at
            elif seen:
                self._starts.append(length)
                self._pieces.append(piece or _Piece(at, at, is_one=True))
            found.append(seen)
            length += len(seen)
        self.text = "".join(found)

    def _behind(self, tag: str, at: int) -> tuple[int, str]:
        """Where what the tag hides ends, and what is seen of it: the end of a line, or nothing."""
        name = found[1].lower() if (found := _NAME.match(tag)) else ""
        if name in _UNSEEN and not tag.startswith("</"):
            end = re.compile(f"</{name}\\b", re.IGNORECASE).search(self._html, at)
            return (end.start() if end else len(self._html)), ""
        return at, "\n" if name in _BREAKS else ""

    def without(self, pattern: re.Pattern[str], takes: Callable[[re.Match[str]], bool]) -> str:
        """The HTML without what matches in its text, where that is to be taken out; tags stay."""
        cuts = []
        for found in pattern.finditer(self.text):
            if takes(found):
                cuts += self._source(*found.span())
        kept, at = [], 0
        for begin, end in cuts:
            kept.append(self._html[at:begin])
            at = max(at, end)
        return "".join(kept) + self._html[at:]

    def _source(self, begin: int, end: int) -> list[tuple[int, int]]:
        """Where the signs from `begin` to `end` of the text stand in the source."""
        places = []
        for index in range(bisect_right(self._starts, begin) - 1, len(self._pieces)):
            piece, start = self._pieces[index], self._starts[index]
            if start >= end:
                break
            if piece.is_one:
                places.append((piece.begin, piece.end))
            else:
                places.append(
                    (piece.begin + max(0, begin - start), min(piece.end, piece.begin + end - start))
                )
        return places
