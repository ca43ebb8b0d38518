"""The directory: who a mail address belongs to, and whether a password is his."""

from typing import Protocol

from gateway.model.secret import Secret
from gateway.model.sender import Person


class Directory(Protocol):
    """Persons by their addresses (proved by tests/contract/directory on a fake, slapd, Samba and SQL).

    - Nothing in an address or user name changes what is searched for: no wildcards, no filters, no SQL.
    - Case does not count in addresses.
    - An answer comes within the time limit of the setting; "I do not know" is never said as "there is none".
    """

    async def find(self, mail: str) -> Person | None:
        """The person with this address among his addresses, or None when there is none.

        Raises:
            DirectoryUnavailable: it cannot be said now; mail waits and is not refused.
            AmbiguousSender: several persons have this address.
        """
        ...

    async def authenticate(self, user: str, password: Secret) -> Person | None:
        """The person this user name or address belongs to, or None when name or password are wrong.

        Raises:
            DirectoryUnavailable: it cannot be said now.
        """
        ...
