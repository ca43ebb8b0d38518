"""RightFax: `"/fax=847 680-4777/name=Carl Orff/"@...`."""

from gateway.intake.addresses.form import is_number, settings
from gateway.model.address import ParsedAddress, Written
from gateway.model.options import Wish


def parse(written: Written) -> ParsedAddress | None:
    """What stands between the slashes; it begins and ends with one."""
    text = written.local_part.strip()
    if len(text) < 2 or text[0] != "/" or text[-1] != "/":
        return None
    found = settings(text[1:-1].split("/"))
    known = dict(reversed(found)) if found else {}
    if found is None or not is_number(known.get("fax", "")):
        return None
    return ParsedAddress(
        known["fax"],
        name=known.get("name", ""),
        company=known.get("company", ""),
        wishes=tuple(Wish.of(key, value) for key, value in found if key not in {"fax", "name", "company"}),
    )
