"""How much one client or sender may ask of us: connections at once, mails and faxes an hour, wrong passwords.

Counted by each process for itself. What is remembered is bounded; what is old is forgotten.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from time import monotonic

_HOUR = 3600.0  # seconds
_REMEMBERED = 10_000  # clients, senders
_TARPIT = (0.0, 1.0, 2.0, 4.0, 8.0)  # seconds an answer to a wrong password takes; the last one for ever


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may. 0 means without limit."""

    connections: int = 50
    messages_per_hour: int = 0  #: of a client or login
    recipients_per_hour: int = 0  #: of a client or login
    sender_messages_per_hour: int = 0  #: of an envelope sender
    sender_recipients_per_hour: int = 0  #: of an envelope sender
    guesses: int = 10  #: wrong passwords, until the client is banned
    ban: float = 900.0  #: seconds


@dataclass(slots=True)
class _Guesses:
    count: int
    last: float


@dataclass(slots=True)
class _Had:
    when: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0


class _Hourly:
    """How much somebody had of something in the last hour. A limit of 0 is none, and nothing is counted."""

    def __init__(self, limit: int, now: Callable[[], float]) -> None:
        self._limit = limit
        self._now = now
        self._had: OrderedDict[str, _Had] = OrderedDict()

    def left(self, who: str) -> float:
        """What remains; infinite without a limit."""
        if not self._limit:
            return inf
        if (had := self._had.get(who)) is None:
            return self._limit
        while had.when and had.when[0][0] <= self._now() - _HOUR:
            had.total -= had.when.popleft()[1]
        return self._limit - had.total

    def add(self, who: str, amount: int) -> None:
        """`who` has had so much more."""
        if not self._limit:
            return
        had = self._had.setdefault(who, _Had())
        had.when.append((self._now(), amount))
        had.total += amount
        self._had.move_to_end(who)
        while len(self._had) > _REMEMBERED:
            self._had.popitem(last=False)


class Guard:
    """Counts what clients do."""

    def __init__(self, limits: Limits, now: Callable[[], float] = monotonic) -> None:
        self._limits = limits
        self._now = now
        self._open: defaultdict[str, int] = defaultdict(int)
        self._mails = _Hourly(limits.messages_per_hour, now)
        self._faxes = _Hourly(limits.recipients_per_hour, now)
        self._sender_mails = _Hourly(limits.sender_messages_per_hour, now)
        self._sender_faxes = _Hourly(limits.sender_recipients_per_hour, now)
        self._guesses: OrderedDict[str, _Guesses] = OrderedDict()

    def enter(self, client: str) -> bool:
        """Whether the client may have one more connection; it has it then, until `leave`."""
        if self._limits.connections and self._open[client] >= self._limits.connections:
            return False
        self._open[client] += 1
        return True

    def leave(self, client: str) -> None:
        """A connection of the client has ended."""
        self._open[client] -= 1
        if self._open[client] <= 0:
            del self._open[client]

    def may_send(self, who: str, sender: str) -> bool:
        """Whether this client or login may send one more mail now, and from this address."""
        return self._mails.left(who) > 0 and self._sender_mails.left(sender.casefold()) > 0

    def recipients_left(self, who: str, sender: str) -> float:
        """How many fax numbers a mail of this client or login, from this address, may have now."""
        return min(self._faxes.left(who), self._sender_faxes.left(sender.casefold()))

    def sent(self, who: str, sender: str, recipients: int) -> None:
        """A mail to so many fax numbers was accepted."""
        self._mails.add(who, 1)
        self._faxes.add(who, recipients)
        self._sender_mails.add(sender.casefold(), 1)
        self._sender_faxes.add(sender.casefold(), recipients)

    def is_banned(self, client: str) -> bool:
        """Whether the client has guessed too many passwords, and not long ago."""
        guesses = self._guesses.get(client)
        if guesses is None:
            return False
        if guesses.last <= self._now() - self._limits.ban:
            del self._guesses[client]
            return False
        return bool(self._limits.guesses) and guesses.count >= self._limits.guesses

    def guessed(self, client: str) -> float:
        """Seconds until the client hears that its password was wrong."""
        guesses = self._guesses.setdefault(client, _Guesses(0, 0.0))
        guesses.count, guesses.last = guesses.count + 1, self._now()
        self._guesses.move_to_end(client)
        while len(self._guesses) > _REMEMBERED:
            self._guesses.popitem(last=False)
        return _TARPIT[min(guesses.count, len(_TARPIT)) - 1]
