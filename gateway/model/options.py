"""How a sender wants a fax sent, beyond number and document.

Every dialect (of addresses, subjects, bodies, headers) turns its own words into wishes; this page says which
of them the gateway can do. What it cannot do is remembered in words and told to the sender.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

_MAX_TEXT = 60  # characters of a wish that are repeated to its sender
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T:-](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:?\d\d)?")
_TIME = re.compile(r"(\d\d?):(\d\d)(?::(\d\d))?")
_TRUNK = re.compile(r"[A-Za-z0-9_-]{1,40}")
_DIGITS = re.compile(r"[0-9*#]{1,20}")
_RESOLUTIONS = {"standard": "standard", "coarse": "standard", "normal": "standard", "low": "standard"} | {
    "fine": "fine",
    "high": "fine",
    "superfine": "superfine",
    "auto": "auto",
}


#: Who goes first; of the same priority, who has waited longest.
PRIORITIES = ("urgent", "high", "normal", "low")


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that was asked for."""

    name: str  #: a name of `JobOptions`, or any other word when the gateway has no such option
    value: str
    written: str  #: as the sender wrote it

    @classmethod
    def of(cls, name: str, value: str, written: str = "") -> "Wish":
        """The wish, which was written so; or as name=value."""
        return cls(name, value.strip(), written or f"{name}={value}")


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What the sender asked for. An empty one asks for nothing."""

    resolution: str = ""  #: "standard", "fine", "superfine" or "auto"
    send_at: datetime | None = None  #: not before
    deadline: datetime | None = None  #: no call after this
    attempts: int | None = None  #: calls at most
    billing_code: str = ""
    header: str | None = None  #: who is printed as the sender in the header line
    priority: str = ""  #: one of PRIORITIES; "" is "normal"
    sub_address: str = ""  #: who behind the fax machine gets it (SUB; ITU-T T.30 5.3.6.2.7)
    poll: bool = False  #: a fax that lies ready at the number is fetched; none is sent
    poll_password: str = ""  #: that is said there (PWD; ITU-T T.30 5.3.6.1.9)
    tones: str = ""  #: dialled after the answer: digits, and "," for a pause; from the address alone
    trunk: str = ""  #: the NAME of a [trunk.NAME] to be tried first
    cover: str = ""  #: the name of a template, "on" or "none"
    to_name: str = ""  #: this and what follows is printed on the cover page
    to_company: str = ""
    sender_name: str = ""
    subject: str = ""
    note: str = ""
    confidentiality: str = ""
    reference: str = ""
    listed: bool = False  #: one of the recipients that the mail itself names
    summary: bool = False  #: its sender gets one answer for all faxes of the mail
    without: str = ""  #: the name of an attachment that is not faxed: the list of recipients
    approved_by: str = ""  #: who let it go; nobody can ask for that
    notify: str = ""  #: RFC 3461 4.1: "NEVER", or of SUCCESS, FAILURE and DELAY some; "" says nothing
    orcpt: str = ""  #: RFC 3461 4.2: the recipient as its sender wrote it
    ret: str = ""  #: RFC 3461 4.3: "FULL" or "HDRS"
    envid: str = ""  #: RFC 3461 4.4
    not_done: tuple[str, ...] = ()  #: what was asked for and will not be done, as it was written

    def __bool__(self) -> bool:
        """Whether anything was asked for."""
        return self != _NOTHING

    def with_wishes(self, wishes: Iterable[Wish], *, at: datetime | None = None) -> "JobOptions":
        """These options and the wishes; what was said first is not overruled.

        A time of the day is the next one after `at`; without that, after now.
        """
        options = self
        for wish in wishes:
            options = options._with(wish, at or datetime.now(UTC))
        return options

    def _with(self, wish: Wish, at: datetime) -> "JobOptions":
        if wish.name == "retries" and wish.value.isdecimal() and wish.value.isascii():
            return self._with(Wish("attempts", str(int(wish.value[:4]) + 1), wish.written), at)
        if wish.name in _MOMENTS and (found := _TIME.fullmatch(wish.value)) is not None:
            wish = replace(wish, value=_next(found, at))
        if (wish.name, wish.value.lower()) in _ALWAYS_DONE:
            return self
        read = _READERS.get(wish.name)
        value = read(wish.value) if read is not None else None
        if value is None:
            refused = (*self.not_done, _shown(wish.written))
            return replace(self, not_done=tuple(dict.fromkeys(refused)))
        if getattr(self, wish.name) != getattr(_NOTHING, wish.name):
            return self
        return replace(self, **cast(dict[str, Any], {wish.name: value}))

    @property
    def rank(self) -> int:
        """The place of the priority: 0 goes first."""
        return PRIORITIES.index(self.priority or "normal")

    def refusing(self, name: str, written: str = "") -> "JobOptions":
        """These options without the wish of this name, which is told as not done."""
        told = _shown(written or f"{name}={getattr(self, name)}")
        options = replace(self, **{name: getattr(_NOTHING, name)})
        return replace(options, not_done=tuple(dict.fromkeys((*self.not_done, told))))

    def over(self, other: "JobOptions") -> "JobOptions":
        """The other ones, where these say nothing."""
        said = {f.name: value for f in fields(self) if (value := getattr(self, f.name)) != f.default}
        not_done = tuple(dict.fromkeys((*other.not_done, *self.not_done)))
        return replace(other, **said | {"not_done": not_done})

    def wants(self, event: str) -> bool:
        """Whether NOTIFY lets the sender be told of a SUCCESS, FAILURE or DELAY; without NOTIFY of each."""
        return not self.notify or event in self.notify.split(",")

    def to_json(self) -> str | None:
        """As the queue keeps them; None when there is nothing to keep."""
        if not self:
            return None
        kept = {name: value for name, value in asdict(self).items() if value != getattr(_NOTHING, name)}
        return json.dumps(kept, default=str)

    @classmethod
    def from_json(cls, text: str | None) -> "JobOptions":
        """As they were kept."""
        if not text:
            return _NOTHING
        kept = json.loads(text)
        for moment in _MOMENTS & set(kept):
            kept[moment] = datetime.fromisoformat(kept[moment])
        return cls(**kept | {"not_done": tuple(kept.get("not_done", ()))})


_NOTHING = JobOptions()
_MOMENTS = frozenset({"send_at", "deadline"})
#: Pages are A4, and what is not urgent is normal.
_ALWAYS_DONE = frozenset({("paper", "a4"), ("priority", "normal"), ("text", "on"), ("poll", "off")})
#: What is printed on cover pages only.
ON_COVERS = ("to_name", "to_company", "sender_name", "subject", "note", "confidentiality", "reference")
_COVERS = {"off": "none", "no": "none", "none": "none", "on": "on", "yes": "on"}


def _moment(text: str) -> datetime | None:
    """2026-12-01 08:30[:00][+01:00]; without an offset it is the time of this machine."""
    if (found := _MOMENT.fullmatch(text.strip())) is None:
        return None
    offset = (found[3] or "").replace("Z", "+00:00")
    try:
        return datetime.fromisoformat(f"{found[1]} {found[2]}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _next(time: re.Match[str], after: datetime) -> str:
    """The next moment at which it is that time on this machine, as `_moment` reads it; "" without one."""
    hour, minute, second = (int(part or 0) for part in time.groups())
    local = after.astimezone()
    try:
        today = local.replace(hour=hour, minute=minute, second=second, microsecond=0)
    except ValueError:
        return ""
    # Without its offset: the next day may have another one.
    moment = (today if today > local else today + timedelta(days=1)).replace(tzinfo=None)
    return moment.isoformat(" ")


def _attempts(text: str) -> int | None:
    return int(text) if re.fullmatch("[1-9][0-9]?", text) else None


def _cover(text: str) -> str | None:
    return _COVERS.get(text.lower()) or (text if re.fullmatch("[A-Za-z0-9_-]{1,40}", text) else None)


def _note(text: str) -> str | None:
    lines = text.replace("\\n", "\n").split("\n")
    return "\n".join(lines) if len(text) <= 4000 and all(line.isprintable() for line in lines) else None


def _printable(longest: int) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        return text if text.isprintable() and len(text) <= longest else None

    return read


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: text if pattern.fullmatch(text) else None


_PRIORITY_WORDS = {word: word for word in PRIORITIES if word != "normal"} | {"bulk": "low"}
_READERS: dict[str, Callable[[str], object]] = {
    "resolution": lambda text: _RESOLUTIONS.get(text.lower()),
    "send_at": _moment,
    "deadline": _moment,
    "attempts": _attempts,
    "billing_code": _printable(100),
    "header": _printable(100),
    "priority": lambda text: _PRIORITY_WORDS.get(text.lower()),
    "trunk": _matching(_TRUNK),
    "sub_address": _matching(_DIGITS),
    "poll": lambda text: True if text.lower() in ("on", "yes") else None,
    "poll_password": _matching(_DIGITS),
    "cover": _cover,
    "note": _note,
    **{name: _printable(300) for name in ON_COVERS if name != "note"},
}


def _shown(written: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in written[: _MAX_TEXT + 1])
    return shown if len(shown) <= _MAX_TEXT else shown[: _MAX_TEXT - 1] + "…"
