"""SQLite's write-ahead log goes into the database file behind the back of whoever commits.

SQLite does it at the end of the COMMIT that filled the log: measured, every thirtieth mail of 110 KB waited
for 4 MB to be written twice, and so did all that were committed with it. Here a thread does it and nothing
waits; what is in the log alone is as durable as what is in the file.
"""

import logging
import threading

from sqlalchemy.engine import Engine

from gateway.store.failure import DRIVER_ERRORS

_GATHER = 0.5  # seconds of commits that are worth one checkpoint

_log = logging.getLogger(__name__)


class Checkpointer:
    """A thread that empties the log of `engine`'s database, some time after `committed`."""

    def __init__(self, engine: Engine, gather: float = _GATHER) -> None:
        self._engine = engine
        self._gather = gather
        self._work = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-checkpoint", daemon=True)
        self._thread.start()

    def committed(self) -> None:
        """There is something in the log. May be called in any thread."""
        self._work.set()

    def close(self) -> None:
        """The thread has ended. What is left in the log stays there until the next one."""
        self._closing.set()
        self._work.set()
        self._thread.join()

    def _run(self) -> None:
        while self._work.wait() and not self._closing.wait(self._gather):
            self._work.clear()
            if self._closing.is_set():  # `close` came in between, and what woke us is cleared
                return
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").all()
            except (
                DRIVER_ERRORS
            ) as error:  # the next COMMIT says it to somebody who can do something about it
                _log.warning("the queue's log could not be emptied: %s", error)
