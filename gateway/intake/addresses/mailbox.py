"""Numbers that stand in the mail instead of its address: `list@`, `broadcast@` and `fax@` one of our domains.

[addresses] mailboxes names them; an entry with "@" is a whole address, whatever its domain. Where the numbers
are looked for is `gateway.resolving.recipients`.
"""

from gateway.model.address import ParsedAddress, Written
from gateway.model.number import IN_THE_MAIL

_NAMES = frozenset({"list", "broadcast", "fax"})
FOUND = ParsedAddress(IN_THE_MAIL.digits)


def parse(written: Written, names: frozenset[str] = _NAMES) -> ParsedAddress | None:
    """That the numbers are in the mail. `names` are in lower case."""
    return FOUND if written.local_part.casefold() in names else None
