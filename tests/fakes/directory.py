"""The directory in memory."""

from gateway.errors import AmbiguousSender, DirectoryUnavailable
from gateway.model.secret import Secret
from gateway.model.sender import Person


class FakeDirectory:
    """Knows the persons it was told of, each by all of his addresses."""

    def __init__(self, *persons: Person) -> None:
        self.asked: list[str] = []
        self.is_away = False
        self._by_mail: dict[str, list[Person]] = {}
        self._passwords: dict[str, tuple[str, Person]] = {}
        for person in persons:
            self.knows(person)

    def knows(self, person: Person, *aliases: str, password: str = "") -> None:
        """This person has these addresses too, and this password."""
        for mail in (person.mail, *aliases):
            self._by_mail.setdefault(mail.casefold(), []).append(person)
        if password:
            self._passwords[person.user.casefold()] = (password, person)

    def forget(self, mail: str) -> None:
        """Nobody has this address any more."""
        self._by_mail.pop(mail.casefold(), None)

    async def find(self, mail: str) -> Person | None:
        self.asked.append(mail)
        if self.is_away:
            raise DirectoryUnavailable("The directory fake cannot be reached.")
        persons = self._by_mail.get(mail.casefold(), [])
        if len(persons) > 1:
            raise AmbiguousSender
        return persons[0] if persons else None

    async def authenticate(self, user: str, password: Secret) -> Person | None:
        if self.is_away:
            raise DirectoryUnavailable("The directory fake cannot be reached.")
        known = self._passwords.get(user.casefold())
        if known is None or known[0] != password.reveal() or known[1].is_disabled:
            return None
        return known[1]
