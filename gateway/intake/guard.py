"""How much one client may ask of us: connections at once, mails an hour, wrong passwords.

Counted by each process for itself. What is remembered is bounded; what is old is forgotten.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

_HOUR = 3600.0  # seconds
_REMEMBERED = 10_000  # clients
_TARPIT = (0.0, 1.0, 2.0, 4.0, 8.0)  # seconds an answer to a wrong password takes; the last one for ever


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may. 0 means without limit."""

    connections: int = 50
    messages_per_hour: int = 0
    guesses: int = 10  #: wrong passwords, until the client is banned
    ban: float = 900.0  #: seconds


@dataclass(slots=True)
class _Guesses:
    count: int
    last: float


class Guard:
    """Counts what clients do."""

    def __init__(self, limits: Limits, now: Callable[[], float] = monotonic) -> None:
        self._limits = limits
        self._now = now
        self._open: defaultdict[str, int] = defaultdict(int)
        self._mails: OrderedDict[str, deque[float]] = OrderedDict()
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

    def may_send(self, who: str) -> bool:
        """Whether this client or login may send one more mail now."""
        sent = self._mails.get(who)
        if not self._limits.messages_per_hour or sent is None:
            return True
        while sent and sent[0] <= self._now() - _HOUR:
            sent.popleft()
        return len(sent) < self._limits.messages_per_hour

    def sent(self, who: str) -> None:
        """A mail of this client or login was accepted."""
        if self._limits.messages_per_hour:
            self._mails.setdefault(who, deque()).append(self._now())
            self._mails.move_to_end(who)
            _forget_oldest(self._mails)

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
        _forget_oldest(self._guesses)
        return _TARPIT[min(guesses.count, len(_TARPIT)) - 1]


def _forget_oldest(remembered: "OrderedDict[str, deque[float]] | OrderedDict[str, _Guesses]") -> None:
    while len(remembered) > _REMEMBERED:
        remembered.popitem(last=False)
