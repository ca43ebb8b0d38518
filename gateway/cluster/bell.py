"""A bell for each topic, inside one process. Nobody misses one that rang between two waits."""

import asyncio
from collections import defaultdict
from datetime import timedelta

from gateway.ports.wakeups import Topic


class Bell:
    """Rings for everybody who waits. On the event loop only."""

    def __init__(self) -> None:
        self.rung = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Everybody who waits, or will wait next, returns."""
        self.rung += 1
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def next(self, timeout: timedelta | None) -> None:
        """Returns when it rings, or after `timeout`."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            async with asyncio.timeout(None if timeout is None else max(0.0, timeout.total_seconds())):
                await future
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(future)


class BellListener:
    """Remembers how often the bell had rung when it last looked; see `Listener`."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._heard = -1

    async def wait(self, timeout: timedelta | None) -> None:
        """Returns when the bell has rung since the last wait, or after `timeout`."""
        if self._heard == self._bell.rung:
            await self._bell.next(timeout)
        self._heard = self._bell.rung


class Bells:
    """One for each topic."""

    def __init__(self) -> None:
        self._bells: dict[Topic, Bell] = defaultdict(Bell)

    def ring(self, topic: Topic) -> None:
        """Everybody who waits for `topic`, or will wait next, returns."""
        self._bells[topic].ring()

    def ring_all(self) -> None:
        """Every bell rings."""
        for topic in Topic:
            self.ring(topic)

    def listener(self, topic: Topic) -> BellListener:
        """Somebody new who waits for `topic`."""
        return BellListener(self._bells[topic])
