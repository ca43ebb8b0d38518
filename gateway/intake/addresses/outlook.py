"""Outlook's one-off fax addresses: `[FAX:Name@+1 (206) 936-7329]` in one of our domains.

Form: `[FAX:dialable | name @ canonical | special dialling]`. The canonical number, with + and country code,
goes before the dialable one; special dialling, which begins with a sign that no number begins with, may stand
in its place.

Spec: Microsoft MAPI, "Address types"; MSFAX is an older spelling.
"""

import re

from gateway.intake.addresses.form import is_number
from gateway.model.address import ParsedAddress, Written

_ONE_OFF = re.compile(r"\s*\[(?:MS)?FAX:([^\]]*)\]\s*", re.IGNORECASE)
_SPECIAL = (",", "#", "*", ";")


def parse(written: Written) -> ParsedAddress | None:
    """What stands in the brackets."""
    found = _ONE_OFF.fullmatch(written.local_part)
    return mapi_fax(found[1]) if found else None


def mapi_fax(text: str) -> ParsedAddress | None:
    """The number in the MAPI address `FAX:text`, or None when there is none."""
    dialable, *others = (part.strip() for part in text.split("|", 2))
    if len(others) == 1 and others[0].startswith(_SPECIAL):
        others = ["", others[0]]
    chosen = others[0] if others and others[0] else dialable
    name, _, number = chosen.rpartition("@")
    if len(others) == 2 and others[1]:
        number = f"{number.strip()},{others[1]}"  # tones to send after the answer
    return ParsedAddress(number.strip(), name=name.strip()) if is_number(number) else None
