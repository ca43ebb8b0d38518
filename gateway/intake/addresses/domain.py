"""The number in the domain: `sam@5551212.fax.example.com`, as with HylaFAX and FaxChange.

A domain cannot hold a "+": the number is a national one, or begins with 00. FaxChange has a company behind
the name: `Sam_Smith/Doe_Ltd@...`.
"""

import re

from gateway.intake.addresses.form import spaced
from gateway.model.address import ParsedAddress, Written

_LABEL = re.compile(r"[0-9][0-9-]{1,40}")


def parse(written: Written) -> ParsedAddress | None:
    """The number before our domain, for the person in the local part."""
    if not _LABEL.fullmatch(written.label):
        return None
    name, _, company = written.local_part.partition("/")
    return ParsedAddress(written.label, name=spaced(name.replace(".", " ")), company=spaced(company))
