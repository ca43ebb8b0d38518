"""Who wrote a mail that is attached to another one, to whom, when and about what: printed above its text."""

import html
import re

from gateway.rendering.mime import Part

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_LONGEST = 1000  # characters of a line
_BODY_TAG = re.compile(r"<body\b[^>]{0,5000}>", re.IGNORECASE)


def head(mail: Part) -> None:
    """Has the first text of the mail that is printed begin with what its header says and else is known."""
    values = ((name, mail.header(name.lower())[:_LONGEST]) for name in _SHOWN)
    heading = [f"{name}: {value}" for name, value in values if value] + mail.facts
    mark(mail, heading)


def mark(part: Part, heading: list[str]) -> None:
    """Has the first text in the part begin with this heading."""
    # One list for all of them: whoever comes first prints and empties it.
    part.heading = heading
    for child in part.parts:
        if child.media_type != "message/rfc822":
            mark(child, heading)


def heading_of(part: Part) -> list[str]:
    """The lines that its mail begins with, if nobody has printed them yet; they are printed now."""
    lines, part.heading[:] = part.heading[:], []
    return lines


def with_heading(text: str, part: Part, *, is_html: bool) -> str:
    """The text below the heading that its mail has, if nobody has printed it yet."""
    if not (lines := heading_of(part)):
        return text
    if not is_html:
        return "\n".join(lines) + "\n\n" + text
    shown = "<p>" + "<br>".join(map(html.escape, lines)) + "</p><hr>"
    body = _BODY_TAG.search(text)
    at = body.end() if body else 0
    return text[:at] + shown + text[at:]
