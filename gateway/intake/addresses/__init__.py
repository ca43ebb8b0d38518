"""How people write a fax number as a mail address. One file a dialect, tried in order.

A dialect is a function from the local part (unquoted) to the number in it, or None when it is not its kind.
"""

from collections.abc import Callable, Iterable

from gateway.intake.addresses import plain
from gateway.model.number import FaxNumber

Dialect = Callable[[str], FaxNumber | None]

DIALECTS: tuple[Dialect, ...] = (plain.number,)


def number_in(local_part: str, dialects: Iterable[Dialect] = DIALECTS) -> FaxNumber | None:
    """The fax number the first dialect that knows this local part finds in it, or None."""
    for dialect in dialects:
        if (number := dialect(local_part)) is not None:
            return number
    return None
