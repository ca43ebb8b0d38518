"""HylaFAX destinations: `"user@5551212#4711"@...`, where #4711 is the sub-address behind the fax machine."""

import re

from gateway.intake.addresses.form import is_number
from gateway.model.address import ParsedAddress, Written

_DESTINATION = re.compile(r"(?:([^@]{1,60})@)?(\+?[0-9(][0-9() .-]{2,40})(?:#([0-9]{1,20}))?")


def parse(written: Written) -> ParsedAddress | None:
    """The number with a user before it or a sub-address behind it; a plain number is not this dialect."""
    found = _DESTINATION.fullmatch(written.local_part)
    if found is None or not (found[1] or found[3]) or not is_number(found[2]):
        return None
    return ParsedAddress(found[2], sub_address=found[3] or "", name=found[1] or "")
