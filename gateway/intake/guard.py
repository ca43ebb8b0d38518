"""How much one client or sender may ask of us: connections at once, mails and faxes an hour, wrong passwords.

Connections are counted by each process for itself, the others by all of a machine (`counts.py`).
"""

from collections import defaultdict
from dataclasses import dataclass
from math import inf

from gateway.intake.counts import Counts

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


class Guard:
    """Counts what clients do."""

    def __init__(self, limits: Limits, counts: Counts | None = None) -> None:
        self._limits = limits
        self._counts = counts or Counts()
        self._open: defaultdict[str, int] = defaultdict(int)

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
        limits = self._limits
        mails = self._left("mails", who, limits.messages_per_hour)
        return mails > 0 and self._left("sender mails", sender, limits.sender_messages_per_hour) > 0

    def recipients_left(self, who: str, sender: str) -> float:
        """How many fax numbers a mail of this client or login, from this address, may have now."""
        limits = self._limits
        faxes = self._left("faxes", who, limits.recipients_per_hour)
        return min(faxes, self._left("sender faxes", sender, limits.sender_recipients_per_hour))

    def sent(self, who: str, sender: str, recipients: int) -> None:
        """A mail to so many fax numbers was accepted."""
        limits = self._limits
        self._add("mails", who, 1, limits.messages_per_hour)
        self._add("faxes", who, recipients, limits.recipients_per_hour)
        self._add("sender mails", sender, 1, limits.sender_messages_per_hour)
        self._add("sender faxes", sender, recipients, limits.sender_recipients_per_hour)

    def is_banned(self, client: str) -> bool:
        """Whether the client has guessed too many passwords, and not long ago."""
        limits = self._limits
        return bool(limits.guesses) and self._counts.guesses(client, limits.ban) >= limits.guesses

    def guessed(self, client: str) -> float:
        """Seconds until the client hears that its password was wrong."""
        count = self._counts.guessed(client, self._limits.ban)
        return _TARPIT[min(count, len(_TARPIT)) - 1]

    def close(self) -> None:
        """Nothing is counted any more."""
        self._counts.close()

    def _left(self, what: str, who: str, limit: int) -> float:
        """What remains of a limit; infinite without one."""
        return limit - self._counts.had(what, who.casefold()) if limit else inf

    def _add(self, what: str, who: str, amount: int, limit: int) -> None:
        if limit:
            self._counts.add(what, who.casefold(), amount)
