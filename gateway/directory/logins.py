"""Logins to the gateway, checked by the local users first and then by the directories."""

from gateway.model.secret import Secret
from gateway.ports.authenticator import Authenticator, Login
from gateway.ports.directory import Directory


class DirectoryLogins:
    """The Authenticator port on directories. Whoever logs in may send from each of his addresses."""

    def __init__(self, directory: Directory, local: Authenticator | None = None) -> None:
        self._directory = directory
        self._local = local

    async def login(self, name: str, password: Secret) -> Login | None:
        """Local users come first: they work while no directory answers."""
        if self._local is not None and (login := await self._local.login(name, password)) is not None:
            return login
        person = await self._directory.authenticate(name, password)
        if person is None or person.is_disabled:
            return None
        mails = sorted({mail for mail in (person.mail, *person.addresses) if mail})
        # Without an address he may send from none, which () would not say.
        return Login(person.user or name, tuple(mails)) if mails else None
