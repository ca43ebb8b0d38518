"""Numbers that stand in the mail instead of its address: `list@`, `broadcast@` and `fax@` one of our domains.

Where they are looked for is `gateway.resolving.recipients`.
"""

from gateway.model.address import ParsedAddress, Written
from gateway.model.number import IN_THE_MAIL

_NAMES = frozenset({"list", "broadcast", "fax"})


def parse(written: Written) -> ParsedAddress | None:
    """That the numbers are in the mail."""
    return ParsedAddress(IN_THE_MAIL.digits) if written.local_part.casefold() in _NAMES else None
