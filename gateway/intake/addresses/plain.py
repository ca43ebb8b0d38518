"""The plain dialect: the local part is the number, as people write numbers: `+49 (30) 12-34@example.com`."""

from gateway.errors import InvalidNumber
from gateway.model.number import FaxNumber


def number(local_part: str) -> FaxNumber | None:
    """The number, or None when the local part is none."""
    try:
        return FaxNumber.parse(local_part)
    except InvalidNumber:
        return None
