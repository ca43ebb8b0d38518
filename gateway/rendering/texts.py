"""The parts of a mail that people read as its text, and whether anything stands in them."""

import re
from html import unescape

from gateway.rendering.clear_signed import without_signature
from gateway.rendering.flowed import unflowed
from gateway.rendering.mime import Part
from renderers import decoded

RTF = "application/rtf"
BODY_TYPES = ("text/html", "text/plain", "text/enriched", "text/richtext")
_UNSEEN = frozenset({"script", "style", "head", "title"})
_TAG_NAME = re.compile(r"/?[a-z]+")
SHOWS = re.compile(r"<(?:img|table|hr|svg)\b", re.IGNORECASE)  #: HTML with these is not empty


def is_body(part: Part) -> bool:
    """Whether it is text of the mail, and no file."""
    return part.media_type in (*BODY_TYPES, RTF) and part.disposition != "attachment" and not part.filename


def text_of(part: Part, defects: list[str]) -> str:
    """What stands in it, with its markup."""
    text = decoded(part.content(defects), part.parameter("content-type", "charset"))
    if part.media_type != "text/plain":
        return text
    if part.parameter("content-type", "format").lower() == "flowed":
        text = unflowed(text, delsp=part.parameter("content-type", "delsp").lower() == "yes")
    return without_signature(text)


def is_empty(part: Part, text: str) -> bool:
    """Whether a reader of the text would see nothing."""
    if part.media_type == RTF:
        return not text.strip("\x00 \t\r\n")
    if part.media_type != "text/html":
        return not text.strip("\ufeff\xa0\x00 \t\r\n")
    return not SHOWS.search(text) and not unescape(_without_tags(text)).strip("\ufeff\xa0\u200b\x00 \t\r\n")


def _without_tags(html: str) -> str:
    """The text of HTML, well enough to tell whether there is any. In one pass: strangers write this."""
    text, unseen = [], ""
    for piece in f">{html}".split("<"):
        tag, _, behind = piece.partition(">")
        name = found[0] if (found := _TAG_NAME.match(tag[:10].lower())) else ""
        if not unseen and name in _UNSEEN:
            unseen = name
        elif name == f"/{unseen}":
            unseen = ""
        if not unseen:
            text.append(behind)
    return "".join(text)
