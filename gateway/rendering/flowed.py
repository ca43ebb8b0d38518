"""Text whose lines a mail program broke only for the way (format=flowed), with its paragraphs whole again.

What is quoted keeps its lines: each of them has to show whose words they are.

Spec: RFC 3676 4.
"""

_SIGNATURE = "-- "


def unflowed(text: str, *, delsp: bool) -> str:
    """The text with each paragraph in one line; `delsp`: the space at the end of a line was no space."""
    paragraphs: list[list[str]] = []
    is_open = False
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith(">"):
            paragraphs.append([line.rstrip(" ")])
            is_open = False
            continue
        own = line.removeprefix(" ")  # stuffed, so that it does not begin like something else
        goes_on = is_open and own != _SIGNATURE
        is_open = own.endswith(" ") and own != _SIGNATURE
        piece = own[:-1] if is_open and delsp else own
        if goes_on:
            paragraphs[-1].append(piece)
        else:
            paragraphs.append([piece])
    return "\n".join("".join(pieces) for pieces in paragraphs)
