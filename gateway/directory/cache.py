"""What directories said, kept in a file of the node: for speed, and for the time in which none answers.

All processes of the node share the file, and it survives restarts. It holds no passwords. An answer is
fresh for `cache`, "there is none" for `negative_cache`. While the directory is away, a person that was known
is used until `stale`; a "there is none" is not.
"""

import asyncio
import dataclasses
import hashlib
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary

from gateway.config.people import DirectorySection
from gateway.errors import DirectoryUnavailable
from gateway.file_lock import only_one
from gateway.model.secret import Secret
from gateway.model.sender import Person
from gateway.ports.clock import Clock
from gateway.ports.directory import Directory

_log = logging.getLogger("faxgw.directory")

_TABLE = "CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, asked_at REAL NOT NULL, person TEXT)"
_LEFT_ALONE = timedelta(seconds=10)  # a directory that gave no answer, where an old one will do


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known about an address, and since when."""

    person: Person | None
    asked_at: datetime
    directory: str = ""  #: who was asked
    is_stale: bool = False  #: the directory is away; this is what it said then
    from_cache: bool = False


class CacheFile:
    """A table of answers. May be used by several threads and processes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._lock = Lock()
        # SQLite does not wait when two processes switch a new file to WAL.
        with only_one(path.with_suffix(".lock")):
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")  # losing the last answers costs a question
            self._database.execute(_TABLE)

    def get(self, key: str) -> tuple[Person | None, datetime] | None:
        """What is kept, and when it was said."""
        with self._open() as database:
            row = database.execute("SELECT person, asked_at FROM answer WHERE key = ?", (key,)).fetchone()
        return None if row is None else (_person(row[0]), datetime.fromtimestamp(row[1], UTC))

    def put(self, key: str, person: Person | None, asked_at: datetime, forget_before: datetime) -> None:
        """It is kept; what is older than `forget_before` is not."""
        text = None if person is None else json.dumps(dataclasses.asdict(person), default=sorted)
        with self._open() as database:
            database.execute("REPLACE INTO answer VALUES (?, ?, ?)", (key, asked_at.timestamp(), text))
            database.execute(
                "DELETE FROM answer WHERE asked_at < ? AND key LIKE ?",
                (forget_before.timestamp(), f"{key.partition(' ')[0]} %"),
            )

    def close(self) -> None:
        """The file is closed."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._database


class CachedDirectory:
    """A directory whose answers are kept."""

    def __init__(
        self, directory: Directory, name: str, section: DirectorySection, cache: CacheFile, clock: Clock
    ) -> None:
        self._directory = directory
        self._name = name
        self._section = section
        self._cache = cache
        self._clock = clock
        # Other settings may mean other answers.
        self._prefix = f"{name}-{hashlib.sha256(repr(section).encode()).hexdigest()[:12]}"
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._away_until = datetime.min.replace(tzinfo=UTC)

    async def find(self, mail: str) -> Person | None:
        """From the cache, or from the directory."""
        return (await self.look_up(mail)).person

    async def authenticate(self, user: str, password: Secret) -> Person | None:
        """From the directory: whether a password is right is not kept."""
        return await self._directory.authenticate(user, password)

    async def look_up(self, mail: str) -> Answer:
        """The answer and its age. One question at a time is asked about an address.

        Raises:
            DirectoryUnavailable: and nothing that would do is kept.
            AmbiguousSender: several persons have this address.
        """
        key = f"{self._prefix} {mail.casefold()}"
        async with self._asking.setdefault(key, asyncio.Lock()):
            kept = await asyncio.to_thread(self._cache.get, key)
            now = self._clock.now()
            if kept is not None and now - kept[1] < self._fresh_for(kept[0]):
                return Answer(*kept, self._name, from_cache=True)
            usable = kept is not None and kept[0] is not None and now - kept[1] < self._section.stale
            if kept is not None and usable and now < self._away_until:
                return Answer(*kept, self._name, is_stale=True, from_cache=True)
            try:
                person = await self._directory.find(mail)
            except DirectoryUnavailable as error:
                self._away_until = now + _LEFT_ALONE
                if kept is None or not usable:
                    raise
                _log.warning("%s What it said %s ago is used for %s.", error, _age(now - kept[1]), mail)
                return Answer(*kept, self._name, is_stale=True, from_cache=True)
            forget_before = now - max(self._section.stale, self._section.cache)
            await asyncio.to_thread(self._cache.put, key, person, now, forget_before)
            return Answer(person, now, self._name)

    def _fresh_for(self, person: Person | None) -> timedelta:
        return self._section.negative_cache if person is None else self._section.cache


def _person(text: str | None) -> Person | None:
    if text is None:
        return None
    facts = json.loads(text)
    return Person(
        **{**facts, "groups": frozenset(facts["groups"]), "addresses": frozenset(facts["addresses"])}
    )


def _age(age: timedelta) -> str:
    return str(age).partition(".")[0]
