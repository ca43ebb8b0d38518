"""All directories of the configuration, asked in its order."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from gateway.config.people import DirectorySection
from gateway.config.schema import NodeSection, QueueSection
from gateway.directory.cache import Answer, CachedDirectory, CacheFile
from gateway.directory.ldap import LdapDirectory
from gateway.directory.sql import SqlDirectory
from gateway.errors import DirectoryUnavailable
from gateway.model.secret import Secret
from gateway.model.sender import Person
from gateway.ports.clock import Clock

CACHE_FILE = "directory-cache.db"


class Directories:
    """The first directory that knows a person decides.

    One that is away stops the search: a later one could give other rights than the person has.
    """

    def __init__(self, directories: Sequence[CachedDirectory]) -> None:
        self._directories = directories

    async def find(self, mail: str) -> Person | None:
        """The person in the first directory that has him."""
        answers = await self.look_up(mail)
        return answers[-1].person if answers else None

    async def look_up(self, mail: str) -> list[Answer]:
        """What each directory said that was asked; only the last one may know the person."""
        answers: list[Answer] = []
        for directory in self._directories:
            answers.append(await directory.look_up(mail))
            if answers[-1].person is not None:
                break
        return answers

    async def authenticate(self, user: str, password: Secret) -> Person | None:
        """The person in the first directory that takes this password."""
        away: DirectoryUnavailable | None = None
        for directory in self._directories:
            try:
                person = await directory.authenticate(user, password)
            except DirectoryUnavailable as error:
                away = error
            else:
                if person is not None:
                    return person
        if away is not None:
            raise away
        return None


@asynccontextmanager
async def open_directories(
    sections: Mapping[str, DirectorySection], node: NodeSection, queue: QueueSection, clock: Clock
) -> AsyncIterator[Directories | None]:
    """The directories of the configuration until the context ends, or None without any."""
    if not sections:
        yield None
        return
    async with AsyncExitStack() as stack:
        cache = CacheFile(node.data_dir / CACHE_FILE)
        stack.callback(cache.close)
        opened = []
        for name, section in sections.items():
            directory: LdapDirectory | SqlDirectory
            if section.kind == "sql":
                directory = SqlDirectory(name, *_database(section, node.data_dir, queue))
            else:
                directory = LdapDirectory(name, section)
            stack.push_async_callback(directory.close)
            opened.append(CachedDirectory(directory, name, section, cache, clock))
        yield Directories(opened)


def _database(section: DirectorySection, data_dir: Path, queue: QueueSection) -> tuple[DirectorySection, str]:
    """The section, with the password that belongs to its database, and the URL of that."""
    if section.url:
        return section, section.url
    return replace(section, password=queue.password), queue.url or f"sqlite:///{data_dir / 'queue.db'}"
