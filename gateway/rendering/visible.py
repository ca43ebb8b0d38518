"""The visible text of HTML, well enough to tell whether there is any. In one pass: strangers write this."""

import re
from collections.abc import Iterator

from renderers.entities import unescaped

_HIDING = frozenset({"script", "style", "title"})
_TAG = re.compile(r"<(?:(/?[a-z]{1,20})|[!?/])", re.IGNORECASE)
#: A head needs no end: it is over where one of these begins (HTML, 13.1.2.4).
_ENDS_HEAD = frozenset(
    {
        *("/head", "body", "p", "div", "table", "span", "font", "center", "pre", "br", "h", "hr", "ul", "ol"),
        *("a", "b", "i", "u", "em", "strong", "img", "section", "article", "main", "header", "blockquote"),
        *("dl", "form", "address", "big", "small"),
    }
)
_MOST_LOOKED_AT = 2_000_000  # characters
_NOTHING = "\ufeff\xa0\u200b\x00 \t\r\n"


def shows_text(page: str) -> bool:
    """Whether a reader would see a letter."""
    return any(unescaped(piece).strip(_NOTHING) for piece in _pieces(page))


def words_of(page: str) -> str:
    """What a reader would see of the beginning."""
    seen = " ".join(_pieces(page[:_MOST_LOOKED_AT]))
    return unescaped(seen).replace("\xa0", " ").replace("\u200b", "")


def _pieces(page: str) -> Iterator[str]:
    """What stands between the tags, but for what is hidden."""
    hidden, in_head, page, at = "", False, f">{page}", 0
    for tag in _TAG.finditer(page):
        if not hidden and not in_head and (seen := page[at : tag.start()].partition(">")[2]):
            yield seen
        at, name = tag.end(), (tag[1] or "").lower()
        if hidden:
            hidden = "" if name == f"/{hidden}" else hidden
        elif name in _HIDING:
            hidden = name
        else:
            in_head = name == "head" or (in_head and name not in _ENDS_HEAD)
    if not hidden and not in_head:
        yield page[at:].partition(">")[2]
