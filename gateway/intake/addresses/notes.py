"""What Domino makes of a Notes fax address: `"Billy Black%5554424422%extrafax"@...`, `+49301234567%FAX@...`.

The last part is the name of the foreign domain in Notes. In the person's name "_" and "." are spaces. Where
Domino leaves a Notes address as it is, its parts stand between "@": `"Billy Black@5554424422@ExtraFax"@...`.
"""

import re

from gateway.intake.addresses.form import is_number, spaced
from gateway.model.address import ParsedAddress, Written

_FOREIGN_DOMAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,40}")


def parse(written: Written) -> ParsedAddress | None:
    """The number, and the name before it."""
    local_part = written.local_part
    *front, domain = local_part.split("%" if "%" in local_part else "@")
    if not 1 <= len(front) <= 2 or not _FOREIGN_DOMAIN.fullmatch(domain) or not is_number(front[-1]):
        return None
    name = spaced(front[0].replace(".", " ")) if len(front) == 2 else ""
    return ParsedAddress(front[-1], name=name)
