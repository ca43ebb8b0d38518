"""Pages as WeasyPrint has laid them out: what they show, and how far that goes beyond their edges."""

from __future__ import annotations

from typing import Any

from weasyprint.formatting_structure.boxes import ReplacedBox, TextBox

_UNSEEN = frozenset({"head", "script", "style", "title", "template", "noscript", "textarea", "select"})
_MOST_BENT = 1.1


class LaidOut:
    """Pages, measured."""

    pages: Any  #: a document of WeasyPrint
    right_end = (
        1.0  #: where the letter or picture farthest to the right ends, in widths of its page; not below 1
    )
    lower_end = 1.0  #: where the lowest one ends, in heights
    letters = 0  #: how many stand on the pages
    shows_something = False
    has_bent_picture = False  #: one that may not be as wide or as high as it shall be has lost its shape

    def __init__(self, pages: Any) -> None:
        self.pages = pages
        for page in pages.pages:
            for box in page._page_box.descendants():  # WeasyPrint tells it nowhere else
                if isinstance(box, (TextBox, ReplacedBox)):
                    self._measure(box, page)

    def _measure(self, box: Any, page: Any) -> None:
        self.right_end = max(self.right_end, float((box.position_x + box.margin_width()) / page.width))
        self.lower_end = max(self.lower_end, float((box.position_y + box.margin_height()) / page.height))
        letters = _letters_in(box.text) if isinstance(box, TextBox) else 0
        self.letters += letters
        self.shows_something |= letters > 0 or isinstance(box, ReplacedBox)
        self.has_bent_picture |= isinstance(box, ReplacedBox) and _is_bent(box)


def letters_of(root: Any) -> int:
    """How many letters stand in a document, also those that nobody shall see."""
    stack, letters = [root], 0
    while stack:
        element = stack.pop()
        letters += _letters_in(element.tail or "")
        if isinstance(element.tag, str) and element.tag not in _UNSEEN:  # others are comments
            letters += _letters_in(element.text or "")
            stack.extend(element)
    return letters


def _letters_in(text: str) -> int:
    return len("".join(text.split()))


def _is_bent(picture: Any) -> bool:
    if not picture.width or not picture.height:
        return False
    wide, high = picture.style["width"], picture.style["height"]
    if not getattr(wide, "unit", "") == getattr(high, "unit", "") == "px" or not wide.value or not high.value:
        return False
    bent = (picture.width / picture.height) / (wide.value / high.value)
    return not 1 / _MOST_BENT < bent < _MOST_BENT
