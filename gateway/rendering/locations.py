"""Parts that the text of a mail calls by where they came from, as saved web pages (.mht) do, not by `cid:`.

Spec: RFC 2557 4 (Content-Location), 8.3 (what a link means).
"""

import re
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import urljoin

from gateway.rendering.mime import Part

_LINK = re.compile(
    r"""(\b(?:src|href|background)\s{0,9}=\s{0,9})("[^"<>]{1,2000}"|'[^'<>]{1,2000}')""", re.IGNORECASE
)


def give_ids(parts: Sequence[Part]) -> None:
    """Whatever has a location has a Content-ID then, too."""
    for number, part in enumerate(parts, start=1):
        if part.header("content-location") and not part.content_id:
            part.headers["content-id"] = [f"<located-{number}>"]


def by_location(parts: Sequence[Part]) -> dict[str, str]:
    """Location -> Content-ID of the parts that have both."""
    found = ((part.header("content-location"), part.content_id) for part in parts)
    return {location: content_id for location, content_id in found if location and content_id}


def with_ids(page: str, location: str, ids: dict[str, str]) -> str:
    """The HTML, which came from `location`, with links to parts of the mail by their Content-ID."""
    if not ids:
        return page

    def linked(found: re.Match[str]) -> str:
        target = found[2][1:-1]
        content_id = ids.get(target) or ids.get(_absolute(location, target))
        return f'{found[1]}"cid:{content_id}"' if content_id else found[0]

    return _LINK.sub(linked, page)


def without_unseen(parts: Sequence[Part], shown: Collection[str], notes: list[str]) -> Iterator[Part]:
    """The parts without those of a web page that are not `shown` (by Content-ID), as its styles and scripts.

    What somebody attached stays.
    """
    for part in parts:
        is_attached = part.disposition == "attachment" or part.filename
        if part.content_id in shown or is_attached or not part.header("content-location"):
            yield part
        else:
            notes.append(f"left out {part.media_type}: it belongs to a web page, which does not show it")


def _absolute(location: str, link: str) -> str:
    try:
        return urljoin(location, link)
    except ValueError:
        return link
