"""The plain dialect: the local part is the number, as people write numbers: `+49 (30) 12-34@example.com`."""

from gateway.intake.addresses.form import is_number
from gateway.model.address import ParsedAddress, Written


def parse(written: Written) -> ParsedAddress | None:
    """The number, or None when the local part is none."""
    return ParsedAddress(written.local_part) if is_number(written.local_part) else None
