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
    permission: Permission | None,
    default: str,
) -> Choice:
    """The most particular choice: the wish, the number's, the group's, the default."""
    rest = _without_wish(number, by_number, permission, default)
    if not wish:
        return rest
    if wish != "on":
        return Choice(wish, "as the sender asked")
    name = rest.name if rest.name != NONE else USUAL
    return Choice(name, "the sender asked for one")


def _without_wish(
    number: FaxNumber, by_number: Mapping[str, str], permission: Permission | None, default: str
) -> Choice:
    start = longest(by_number, number)
    if start is not None:
        return Choice(by_number[start], f"[cover] numbers, {start}")
    if permission is not None and permission.cover:
        return Choice(permission.cover, f"[permission.{permission.name}] cover")
    return Choice(default, "[cover] template")
