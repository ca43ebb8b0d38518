"""How many pages one fax of a sender may have: known when he is, needed when they are."""

from gateway.model.job import Sender
from gateway.model.permission import Rules
from gateway.model.sender import Person
from gateway.ports.directory import Directory


class PageLimits:
    """The page limits of the permissions."""

    def __init__(self, rules: Rules, directory: Directory | None = None) -> None:
        self._rules = rules
        self._directory = directory
        self._is_needed = any(permission.pages_per_job for permission in rules.permissions)

    async def __call__(self, sender: Sender) -> int:
        """The most pages of one fax; 0 means any number.

        Raises:
            DirectoryUnavailable: it cannot be said now.
        """
        if not self._is_needed:
            return 0
        person = await self._directory.find(sender.mail) if self._directory else None
        permission = self._rules.of(person or Person(sender.mail))
        return permission.pages_per_job if permission else 0
