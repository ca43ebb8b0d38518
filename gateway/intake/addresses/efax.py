"""eFax: `+493012345/to=John_Doe/fr=Jane_Doe/co=Doe_Sprockets/cp=off@...`. "_" is a space."""

from gateway.intake.addresses.form import is_number, settings, spaced
from gateway.model.address import ParsedAddress, Written
from gateway.model.options import Wish

_KEYS = frozenset({"to", "fr", "co", "cp"})


def parse(written: Written) -> ParsedAddress | None:
    """The number, who gets the fax, and what else is wanted."""
    number, *rest = written.local_part.rstrip("/").split("/")
    found = settings(rest)
    if not found or not is_number(number) or not {key for key, _ in found} <= _KEYS:
        return None
    known = dict(reversed(found))
    wishes = []
    if "fr" in known:
        wishes.append(Wish.of("sender_name", spaced(known["fr"]), f"fr={known['fr']}"))
    if "cp" in known:
        wishes.append(Wish.of("cover", known["cp"].lower(), f"cp={known['cp']}"))
    return ParsedAddress(
        number, name=spaced(known.get("to", "")), company=spaced(known.get("co", "")), wishes=tuple(wishes)
    )
