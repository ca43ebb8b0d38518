"""HylaFAX's mail gateway: `X-FAX-VRes: 98`, `X-FAX-MaxTries: 3`, `X-FAX-AutoCoverPage: no`..."""

from collections.abc import Sequence

from gateway.model.options import Wish

_PREFIX = "x-fax-"
#: Fields of our own answers, which a forwarded one still has.
_OURS = frozenset(
    {
        *("job", "number", "state", "disposition", "code", "pages", "pages-confirmed", "attempts"),
        *("received", "caller", "called", "remote-id"),
    }
)
_NAMES = {"maxtries": "attempts", "maxdials": "attempts", "tagline": "header", "autocoverpage": "cover"}
_RESOLUTIONS = {"98": "standard", "196": "fine"}
_OFF = {"no": "off", "false": "off", "0": "off"}


def wishes(fields: Sequence[tuple[str, str]]) -> list[Wish]:
    """A wish for each field that is not of our own answers."""
    names = ((name[len(_PREFIX) :], value) for name, value in fields if name.startswith(_PREFIX))
    return [_wish(name, value) for name, value in names if name not in _OURS]


def _wish(name: str, value: str) -> Wish:
    written = f"{_PREFIX}{name}: {value}"
    if name == "vres":
        return Wish.of("resolution", _RESOLUTIONS.get(value, value), written)
    if name == "autocoverpage":
        return Wish.of("cover", _OFF.get(value.lower(), "on"), written)
    return Wish.of(_NAMES.get(name, name), value, written)
