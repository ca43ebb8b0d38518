"""HylaFAX's mail gateway: `X-FAX-VRes: 98`, `X-FAX-MaxTries: 3`, `X-FAX-AutoCoverPage: no`...

Any parameter of its faxmail and sendfax may stand there. A template is the path of a file; the name of that
file is the name of the cover page here. A priority is a word or a number: 127 is normal, less goes before it.

Spec: sendfax(1), "Configuration parameters"; faxmail(1), "Meta-headers"; both of HylaFAX 6.0.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from gateway.model.options import Wish

_PREFIX = "x-fax-"
#: Fields of our own answers, which a forwarded one still has.
_OURS = frozenset(
    {
        *("job", "number", "state", "disposition", "code", "pages", "pages-confirmed", "attempts"),
        *("received", "caller", "called", "remote-id", "sub-address"),
    }
)
_NAMES = {
    "maxtries": "attempts",
    "maxdials": "attempts",
    "tagline": "header",
    "sendtime": "send_at",
    "pagesize": "paper",
    "modem": "trunk",
    "from": "sender_name",
    "cover-regarding": "subject",
    "cover-comments": "note",
    "cover-company": "to_company",
    "dialstring": "to_number",
}
_RESOLUTIONS = {"98": "standard", "196": "fine", "391": "superfine"}
_OFF = {"no": "off", "false": "off", "0": "off"}
_PRIORITIES = {"high": "high", "normal": "normal", "default": "normal", "bulk": "low", "low": "low"}


def wishes(fields: Sequence[tuple[str, str]]) -> list[Wish]:
    """A wish for each field that is not of our own answers."""
    names = ((name[len(_PREFIX) :], value) for name, value in fields if name.startswith(_PREFIX))
    return [_wish(name, value) for name, value in names if name not in _OURS]


def _wish(name: str, value: str) -> Wish:
    written = f"{_PREFIX}{name}: {value}"
    match name:
        case "vres":
            lines = value.partition(".")[0].strip()
            return Wish.of("resolution", _RESOLUTIONS.get(lines, value), written)
        case "autocoverpage":
            return Wish.of("cover", _OFF.get(value.lower(), "on"), written)
        case "cover-template":
            return Wish.of("cover", PurePosixPath(value).stem, written)
        case "priority":
            return Wish.of("priority", _priority(value.strip().lower()), written)
        case _:
            return Wish.of(_NAMES.get(name, name), value, written)


def _priority(text: str) -> str:
    """Ours for a word or a number of HylaFAX's; the text itself when it is neither."""
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        return _PRIORITIES.get(text, text)
    return "high" if int(text) <= 63 else "normal" if int(text) <= 127 else "low"
