"""Wake-ups between nodes, by PostgreSQL's LISTEN and NOTIFY (one channel, the topic is its payload).

One connection listens, another one sends, after the COMMIT and not within it: a transaction with a NOTIFY
commits one at a time, which would end PostgreSQL's group commit. Both connect again by themselves.
"""

import asyncio
import logging
from datetime import timedelta

import psycopg

from gateway.cluster.bell import Bells
from gateway.ports.wakeups import Listener, Topic

_CHANNEL = "faxgw_wakeup"
_AGAIN = timedelta(seconds=1)
_LAST_WORDS = timedelta(seconds=3)
_log = logging.getLogger(__name__)


class NotifyWakeups:
    """Wake-ups for every process whose queue is this database."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._bells = Bells()
        self._to_send: set[Topic] = set()
        self._something_to_send = asyncio.Event()
        self._all_sent = asyncio.Event()
        self._all_sent.set()
        self._loop = asyncio.get_running_loop()
        self.listening = asyncio.Event()  #: set while connected

    def wake(self, topic: Topic) -> None:
        """This process at once, the others when PostgreSQL has told them. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake, topic)

    def _wake(self, topic: Topic) -> None:
        self._bells.ring(topic)
        self._to_send.add(topic)
        self._something_to_send.set()
        self._all_sent.clear()

    def listener(self, topic: Topic) -> Listener:
        """While the connection is lost, the time alone wakes it."""
        return self._bells.listener(topic)

    async def listen(self) -> None:
        """Every wake-up of others is heard. A new connection rings every bell: we may have missed some."""
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.execute(f"LISTEN {_CHANNEL}")
                    self._bells.ring_all()
                    self.listening.set()
                    async for notice in connection.notifies():
                        if notice.payload in set(Topic):
                            self._bells.ring(Topic(notice.payload))
            except psycopg.Error as error:
                _log.warning(
                    "Wake-ups do not arrive: %s. Trying again.", str(error).strip().partition("\n")[0]
                )
            self.listening.clear()
            await asyncio.sleep(_AGAIN.total_seconds())

    async def send(self) -> None:
        """Every wake-up from here reaches the others; those of one moment go together."""
        while True:
            try:
                async with await self._connect() as connection:
                    # Who waits for the disk here makes those wait that commit mails at this moment.
                    await connection.execute("SET synchronous_commit = off")
                    await self._send_over(connection)
            except psycopg.Error:
                await asyncio.sleep(_AGAIN.total_seconds())

    async def flush(self) -> None:
        """What was to be sent has been sent, or the database is away: then others look for themselves."""
        await asyncio.sleep(0)  # for what came from this very moment
        try:
            async with asyncio.timeout(_LAST_WORDS.total_seconds()):
                await self._all_sent.wait()
        except TimeoutError:
            _log.warning("The last wake-ups could not be sent.")

    async def _send_over(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        while True:
            await self._something_to_send.wait()
            topics, self._to_send = self._to_send, set()
            self._something_to_send.clear()
            try:
                await connection.execute(
                    "SELECT pg_notify(%s, topic) FROM unnest(%s::text[]) AS topic", [_CHANNEL, sorted(topics)]
                )
            except BaseException:  # what was lost with a connection is sent again
                self._to_send |= topics
                self._something_to_send.set()
                raise
            if not self._to_send:  # what is the same as before, and came meanwhile, is news to the others
                self._all_sent.set()

    async def _connect(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        return await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
