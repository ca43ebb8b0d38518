"""MultiTech FaxFinder: `FAX=+111-222-3333/COVER-PAGE-ENABLED=1/FAX-PRIORITY=0/INLINE-COMMENTS=false@...`.

Priority 0 is the highest. Spec: FaxFinder's e-mail-to-fax addresses.
"""

from dataclasses import replace

from gateway.intake.addresses import rfc3192
from gateway.model.address import ParsedAddress, Written
from gateway.model.options import Wish

_OFF = frozenset({"0", "false", "no", "off"})


def parse(written: Written) -> ParsedAddress | None:
    """An Internet fax address with at least one of FaxFinder's keys."""
    found = rfc3192.parse(written)
    if found is None or not any(wish.name in _KEYS for wish in found.wishes):
        return None
    return replace(found, wishes=tuple(_translated(wish) for wish in found.wishes))


def _translated(wish: Wish) -> Wish:
    match wish.name:
        case "cover-page-enabled":
            return Wish.of("cover", "off" if wish.value.lower() in _OFF else "on", wish.written)
        case "fax-priority":
            return Wish.of("priority", "high" if wish.value in {"0", "1"} else "normal", wish.written)
        case _:
            return wish


_KEYS = frozenset({"cover-page-enabled", "fax-priority", "inline-comments"})
