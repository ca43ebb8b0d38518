"""What Exchange makes of a fax address: `IMCEAFAX-Somebody+40+2B12065551234@example.com`.

A plus and two hexadecimal digits are one octet, "_" is "/", everything else is itself. A plus of the number
is always encoded (+2B): `IMCEAFAX-+49301234` is nothing Exchange writes, and no guess is made.

Spec: MS-OXCMAIL 2.1.3.1.8.
"""

import re

from gateway.intake.addresses.outlook import mapi_fax
from gateway.model.address import ParsedAddress, Written

_ENCAPSULATED = re.compile(r"IMCEAFAX-((?:[A-Za-z0-9=_.@ -]|\+[0-9A-Fa-f]{2})+)", re.IGNORECASE)
_OCTET = re.compile(r"\+([0-9A-Fa-f]{2})")


def parse(written: Written) -> ParsedAddress | None:
    """The fax address inside."""
    found = _ENCAPSULATED.fullmatch(written.local_part)
    if found is None:
        return None
    plain = _OCTET.sub(lambda octet: chr(int(octet[1], 16)), found[1].replace("_", "/"))
    try:
        return mapi_fax(plain.encode("latin-1").decode())
    except UnicodeError:
        return None
