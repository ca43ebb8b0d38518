"""Which cover page a fax gets: as its sender asks, else as its number, his group, or the site say."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.model.number import FaxNumber
from gateway.model.permission import Permission, longest

NONE = "none"
#: What "on" means where no template is set.
USUAL = "standard"


@dataclass(frozen=True, slots=True)
class Choice:
    """A template, and who chose it."""

    name: str  #: NONE for no cover page
    why: str  #: for the job's trace


def choose(
    *,
    wish: str,
    number: FaxNumber,
    by_number: Mapping[str, str],
    sender: str,
    by_sender: Mapping[str, str],
    permission: Permission | None,
    default: str,
) -> Choice:
    """The most particular choice: the wish, the number's, the sender's own, the group's, the default."""
    rest = (
        _by_number(number, by_number)
        or _by_sender(sender, by_sender)
        or _by_group(permission)
        or Choice(default, "[cover] template")
    )
    if not wish:
        return rest
    if wish != "on":
        return Choice(wish, "as the sender asked")
    name = rest.name if rest.name != NONE else USUAL
    return Choice(name, "the sender asked for one")


def _by_number(number: FaxNumber, by_number: Mapping[str, str]) -> Choice | None:
    start = longest(by_number, number)
    return Choice(by_number[start], f"[cover] numbers, {start}") if start is not None else None


def _by_sender(sender: str, by_sender: Mapping[str, str]) -> Choice | None:
    address = sender.lower()
    for key in (address, f"@{address.rpartition('@')[2]}"):
        if key in by_sender:
            return Choice(by_sender[key], f"[cover] senders, {key}")
    return None


def _by_group(permission: Permission | None) -> Choice | None:
    if permission is None or not permission.cover:
        return None
    return Choice(permission.cover, f"[permission.{permission.name}] cover")
