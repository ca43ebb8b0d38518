"""A fax number as it will be dialled."""

import re
from dataclasses import dataclass

from gateway.errors import InvalidNumber

_SEPARATORS = re.compile(r"[ ().\-/]")  # what people write between digits (RFC 3966 visual separators)
_DIALLABLE = re.compile(r"\+?[0-9*#]{2,30}")


@dataclass(frozen=True, slots=True)
class FaxNumber:
    """Digits to dial, with a leading + when the number is international (E.164)."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> "FaxNumber":
        """The number written in `text`, without what people write between digits.

        Raises:
            InvalidNumber: nothing to dial in it.
        """
        digits = _SEPARATORS.sub("", text.strip())
        if not _DIALLABLE.fullmatch(digits) or not any(c.isdigit() for c in digits):
            raise InvalidNumber(f'"{text[:60]}" is not a fax number.')
        return cls(digits)

    def __str__(self) -> str:
        """As dialled."""
        return self.digits


#: In place of a number: the mail says inside where it goes. Such a job is never dialled; it is split.
IN_THE_MAIL = FaxNumber("in-the-mail")
