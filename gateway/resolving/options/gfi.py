"""GFI FaxMaker: commands in the subject, in square brackets: `Offer [::b=12,high,2026-12-01-08:30:00]`.

Between day and time its manual has "-" and ":"; a time alone is the next one. `dl=` and `line=2,dl`, which
allow no other line than one, are not done.
"""

import re
from collections.abc import Sequence

from gateway.model.options import Wish

_COMMANDS = re.compile(r"\[::([^\[\]]{0,500})\]")
_MOMENT = re.compile(r"(?:\d{4}-\d\d-\d\d[-:])?\d\d:\d\d(?::\d\d)?")
_WORDS = {"h": ("resolution", "fine"), "high": ("resolution", "fine")} | {
    "n": ("resolution", "standard"),
    "normal": ("resolution", "standard"),
}
_KEYS = {
    "b": "billing_code",
    "billingcode": "billing_code",
    "fh": "header",
    "faxheader": "header",
    "c": "cover",
    "coverpage": "cover",
    "p": "priority",
    "l": "trunk",
    "line": "trunk",
    "fr": "sender_name",
    "from": "sender_name",
    "s": "subject",
}
_PRIORITIES = {"h": "high", "l": "low"}


def wishes(fields: Sequence[tuple[str, str]]) -> list[Wish]:
    """The commands of every bracket in the subject."""
    subjects = [value for name, value in fields if name == "subject"][:1]
    found = [bracket for subject in subjects for bracket in _COMMANDS.findall(subject)]
    commands = [command.strip(" :") for bracket in found for command in bracket.split(",")]
    return [_wish(command) for command in commands if command]


def _wish(command: str) -> Wish:
    written = f"[::{command}]"
    if command.lower() in _WORDS:
        return Wish.of(*_WORDS[command.lower()], written)
    if _MOMENT.fullmatch(command):
        return Wish.of("send_at", command, written)
    key, _, value = command.partition("=")
    name = _KEYS.get(key.lower(), key.lower())
    return Wish.of(name, _PRIORITIES.get(value.lower(), value) if name == "priority" else value, written)
