"""What others than the pages want of a mail: its files and its texts, also those that are wrapped up.

The same parts are opened as for the pages, so that what is looked for in a mail and what is faxed of it
cannot differ; but no archive is unpacked.
"""

from functools import partial

from gateway.model.attached import Attached, Text
from gateway.rendering.containers import opener_of_mails
from gateway.rendering.mime import Part, parse
from gateway.rendering.texts import RTF, is_body, text_of
from renderers import DocumentProtected


def attachments_in(message: bytes) -> list[Attached]:
    """The files of a raw message, in order: those with names, and what is encrypted. Never raises."""
    found = []
    for part in _opened(message).leaves():
        is_encrypted = isinstance(part.fault, DocumentProtected)
        if (name := part.filename) or is_encrypted:
            found.append(Attached(name, partial(part.content, []), is_encrypted))
    return found


def texts_in(message: bytes) -> list[Text]:
    """The texts of the message that begins with these bytes, in every form it has. Never raises."""
    parts = [part for part in _opened(message).leaves() if is_body(part) and part.media_type != RTF]
    return [Text(text_of(part, []), is_html=part.media_type == "text/html") for part in parts]


def _opened(message: bytes) -> Part:
    root = parse(message, [])
    opener_of_mails([]).open_in(root)
    return root
