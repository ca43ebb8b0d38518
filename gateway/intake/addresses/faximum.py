"""Names before the number: `Carl_Orff/Doe_Sprockets/FAX=1-604-926-8182@example.com`. "_" is a space.

Spec: Faximum's address format; up to four names, the first two are the person and the company.
"""

from gateway.intake.addresses.form import spaced
from gateway.intake.addresses.rfc3192 import fax_address
from gateway.model.address import ParsedAddress, Written

_MAX_NAMES = 4


def parse(written: Written) -> ParsedAddress | None:
    """The names and the number."""
    parts = written.local_part.strip("/").split("/")
    names = 0
    while names < len(parts) and "=" not in parts[names]:
        names += 1
    if not 1 <= names <= _MAX_NAMES or names == len(parts):
        return None
    found = fax_address(parts[names:])
    if found is None:
        return None
    company = spaced(parts[1]) if names > 1 else found.company
    return ParsedAddress(found.number, found.sub_address, spaced(parts[0]), company, found.wishes)
