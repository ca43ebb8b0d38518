"""The parts of a mail that people read as its text, and whether anything stands in them."""

import re

from gateway.rendering.clear_signed import without_signature
from gateway.rendering.flowed import unflowed
from gateway.rendering.mime import Part
from gateway.rendering.visible import shows_text
from renderers import decoded

RTF = "application/rtf"
BODY_TYPES = ("text/html", "text/plain", "text/enriched", "text/richtext")
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
    return not SHOWS.search(text) and not shows_text(text)
