"""Who a client is that gives a name and a password."""

from dataclasses import dataclass
from typing import Protocol

from gateway.model.secret import Secret


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody whose password was right."""

    name: str
    mailboxes: tuple[str, ...] = ()  #: the addresses he may send from; () means any

    def may_send_as(self, mail_from: str) -> bool:
        """Whether this address is his."""
        return not self.mailboxes or mail_from.casefold() in {box.casefold() for box in self.mailboxes}


class Authenticator(Protocol):
    """Checks passwords."""

    async def login(self, name: str, password: Secret) -> Login | None:
        """Who it is, or None when name or password is wrong; both take the same time.

        Raises:
            TemporaryError: it cannot be said now.
        """
        ...
