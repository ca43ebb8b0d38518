"""Texts of one mail that stand apart become one document.

Apple's programs end a text where a picture stands and begin another one below it; servers and mailing lists
put a text of their own at the end. Each would take a page.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from itertools import count

from gateway.rendering.mail_documents import DocumentPart
from gateway.rendering.mime import Part

_HTML, _PLAIN = "text/html; charset=utf-8", "text/plain; charset=utf-8"
#: Elements that would take what comes behind them for their own where their end is missing.
_GREEDY = "style|script|title|textarea|select|template|noscript|xmp|iframe|svg|math|plaintext|frameset"
_TAG = re.compile(rf"<(/?)(?:{_GREEDY})\b", re.IGNORECASE)


def letters_in(root: Part) -> Mapping[int, int]:
    """Which mail each part (by its `id`) is of: this one, or one that is attached or packed in it."""
    numbers, found = count(), dict[int, int]()
    stack = [(root, next(numbers))]
    while stack:
        part, number = stack.pop()
        found[id(part)] = number
        is_other = part is not root and (part.media_type == "message/rfc822" or bool(part.origin))
        inner = next(numbers) if is_other else number
        stack += [(child, inner) for child in part.parts]
    return found


def joined(bodies: Iterable[DocumentPart]) -> list[DocumentPart]:
    """The texts in their order, those of one mail that follow each other as one."""
    groups: list[list[DocumentPart]] = []
    for body in bodies:
        if groups and _goes_on(groups[-1][-1], body):
            groups[-1].append(body)
        else:
            groups.append([body])
    return [_one(group) for group in groups]


def _goes_on(first: DocumentPart, second: DocumentPart) -> bool:
    """Whether both are of one mail, and the first one has a clear end."""
    if first.letter != second.letter or {first.media_type, second.media_type} - {_HTML, _PLAIN}:
        return False
    return first.media_type == _PLAIN or _has_an_end(first.content.decode("utf-8", "replace"))


def _one(bodies: Sequence[DocumentPart]) -> DocumentPart:
    if len(bodies) == 1:
        return bodies[0]
    texts = [body.content.decode("utf-8", "replace") for body in bodies]
    html = next((body for body in bodies if body.media_type == _HTML), None)
    if html is None:
        text = "\n\n".join(text.rstrip() for text in texts)
        return replace(bodies[0], content=f"{text}\n".encode("utf-8", "replace"))
    shown = (
        text if body.media_type == _HTML else _as_html(text) for body, text in zip(bodies, texts, strict=True)
    )
    related = {name: picture for body in bodies for name, picture in body.related.items()}
    return replace(html, content="\n".join(shown).encode("utf-8", "replace"), related=related)


def _has_an_end(html: str) -> bool:
    open_now = sum(-1 if tag[1] else 1 for tag in _TAG.finditer(html))
    return open_now == 0 and html.count("<!--") == html.count("-->") and html.rfind("<") <= html.rfind(">")


def _as_html(text: str) -> str:
    return f'<pre style="white-space: pre-wrap; font-family: inherit">{escape(text)}</pre>'
