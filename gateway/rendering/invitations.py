"""When and where a mail invites to, printed above its text.

Outlook and Exchange say so in the calendar only, which is one of the alternatives of the mail, and which mail
programs show as buttons and lines of their own.

Spec: RFC 6047 2.4 (invitations by mail), RFC 5546 1.4 (methods).
"""

from gateway.rendering.mime import Part
from gateway.rendering.saved_mail import mark
from renderers import decoded
from renderers.builtin.card_entries import entries, labelled

CALENDARS = frozenset({"text/calendar", "application/ics"})
_LONGEST = 500_000  # bytes
_SHOWN = ("Kind", "Instead of", "Begins", "Ends", "Lasts", "Repeats", "Also on", "Except", "Place")


def tell(part: Part, defects: list[str]) -> None:
    """Has every text that has an invitation beside it begin with what that says."""
    if part.media_type == "multipart/alternative":
        calendars = [child for child in part.parts if is_calendar(child)]
        if lines := [line for one in calendars[:1] for line in _lines(one, defects)]:
            part.heading += lines
            mark(part, part.heading)
    for child in part.parts:
        tell(child, defects)


def is_calendar(part: Part) -> bool:
    """Whether it says of itself that it is one."""
    return part.media_type in CALENDARS


def _lines(calendar: Part, defects: list[str]) -> list[str]:
    content = calendar.content(defects)[:_LONGEST]
    found = entries(decoded(content, calendar.parameter("content-type", "charset")))
    invitation = next((entry for entry in found if "METHOD" in entry.rows), None)
    if invitation is None:
        return []
    return [f"{label}: {' '.join(said.split())}" for label, said in labelled(invitation) if label in _SHOWN]
