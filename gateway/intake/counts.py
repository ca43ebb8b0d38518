"""What clients have had and guessed lately, in a file that the intake processes of a machine share.

It survives restarts: a ban is not over because a process died. Losing it costs nobody a mail, so that nothing
waits for the disk. While it cannot be read nobody is refused, and the log says so.
"""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from time import time

from gateway.errors import ConfigError
from gateway.file_lock import only_one

FILE = "limits.db"
_HOUR = 60  # minutes
_REMEMBERED = 10_000  # clients that guessed
_PATIENCE = 1.0  # seconds until another process has written

_log = logging.getLogger(__name__)


class Counts:
    """The file; without a path one in memory."""

    def __init__(self, path: Path | None = None, now: Callable[[], float] = time) -> None:
        """The file is there.

        Raises:
            ConfigError: it cannot be used.
        """
        self._now = now
        self._tidied = 0  # the minute in which old rows were last taken out
        try:
            # SQLite does not wait when two processes switch a new file to WAL.
            with only_one(path.with_suffix(".lock")) if path else nullcontext():
                self._file = sqlite3.connect(path or ":memory:", timeout=_PATIENCE, isolation_level=None)
                self._file.executescript(_TABLES)
        except (sqlite3.Error, OSError) as error:
            raise ConfigError(f"{path} cannot be used ({error}). Delete it and start again.") from error

    def had(self, what: str, who: str) -> int:
        """How much of something somebody had in the last hour, to the minute."""
        return self._tried(lambda: self._row(_HAD, what, who, self._minute() - _HOUR), otherwise=0)

    def add(self, what: str, who: str, amount: int) -> None:
        """`who` has had so much more."""
        self._tried(lambda: self._add(what, who, amount), otherwise=0)

    def guesses(self, who: str, within: float) -> int:
        """Wrong passwords of a client; none when its last one is so many seconds ago."""
        return self._tried(lambda: self._row(_GUESSES, who, self._now() - within), otherwise=0)

    def guessed(self, who: str, within: float) -> int:
        """One more wrong password; how many that makes."""
        return self._tried(lambda: self._guess(who, within), otherwise=1)

    def close(self) -> None:
        """The file is closed."""
        self._file.close()

    def _add(self, what: str, who: str, amount: int) -> int:
        minute = self._minute()
        if minute != self._tidied:
            self._file.execute("DELETE FROM had WHERE minute <= ?", (minute - _HOUR,))
            self._tidied = minute
        return self._row(_ADD, what, who, minute, amount)

    def _guess(self, who: str, within: float) -> int:
        now = self._now()
        self._file.execute("DELETE FROM guess WHERE last <= ?", (now - within,))
        count = self._row(_GUESS, who, now)
        self._file.execute(_FORGET, (_REMEMBERED - 1,))
        return count

    def _row(self, statement: str, *given: object) -> int:
        return int(self._file.execute(statement, given).fetchone()[0])

    def _minute(self) -> int:
        return int(self._now() // 60)

    def _tried(self, work: Callable[[], int], *, otherwise: int) -> int:
        try:
            return work()
        except sqlite3.Error as error:
            _log.warning("limits are not kept: %s", error)
            return otherwise


_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS had (
    what TEXT, who TEXT, minute INTEGER, amount INTEGER, PRIMARY KEY (what, who, minute)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS had_minute ON had (minute);
CREATE TABLE IF NOT EXISTS guess (who TEXT PRIMARY KEY, count INTEGER, last REAL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS guess_last ON guess (last);
"""
_HAD = "SELECT coalesce(sum(amount), 0) FROM had WHERE what = ? AND who = ? AND minute > ?"
_ADD = (
    "INSERT INTO had VALUES (?, ?, ?, ?) "
    "ON CONFLICT (what, who, minute) DO UPDATE SET amount = amount + excluded.amount RETURNING amount"
)
_GUESSES = "SELECT coalesce(max(count), 0) FROM guess WHERE who = ? AND last > ?"
_GUESS = (
    "INSERT INTO guess VALUES (?, 1, ?) "
    "ON CONFLICT (who) DO UPDATE SET count = count + 1, last = excluded.last RETURNING count"
)
_FORGET = "DELETE FROM guess WHERE last < (SELECT last FROM guess ORDER BY last DESC LIMIT 1 OFFSET ?)"
