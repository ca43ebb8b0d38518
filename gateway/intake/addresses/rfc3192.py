"""Internet fax addresses: `FAX=+12027653000/T33S=6377/ATTN=Smith@example.com`. SAP writes them, too.

Keys we do not know are wishes that the sender is told about.

Spec: RFC 3192; ATTN and ORG: RFC 2846.
"""

from gateway.intake.addresses.form import is_number, settings, spaced
from gateway.model.address import ParsedAddress, Written
from gateway.model.options import Wish


def parse(written: Written) -> ParsedAddress | None:
    """The parts of an address that begins with FAX=."""
    return fax_address(written.local_part.strip("/").split("/"))


def fax_address(parts: list[str]) -> ParsedAddress | None:
    """The address in [FAX=number, KEY=value, ...]; a number may have slashes of its own."""
    if not parts[0].upper().startswith("FAX="):
        return None
    number, rest = parts[0][4:], parts[1:]
    while rest and "=" not in rest[0]:
        number = f"{number}/{rest.pop(0)}"
    found = settings(rest)
    if found is None or not is_number(number):
        return None
    known = dict(reversed(found))
    sub_address = known.get("t33s", "")
    if sub_address and not (sub_address.isascii() and sub_address.isdecimal()):
        return None
    return ParsedAddress(
        number,
        sub_address=sub_address,
        name=spaced(known.get("attn", "")),
        company=spaced(known.get("org", "")),
        wishes=tuple(Wish.of(key, value) for key, value in found if key not in {"t33s", "attn", "org"}),
    )
