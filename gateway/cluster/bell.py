"""A bell for each topic, inside one process. Nobody misses one that rang between two waits."""

import asyncio
from collections import defaultdict
from datetime import timedelta
from weakref import WeakKeyDictionary

from gateway.ports.wakeups import Topic


class Bells:
    """Each waiting task remembers how often the bell had rung when it last looked."""

    def __init__(self) -> None:
        self._rung: dict[Topic, int] = defaultdict(int)
        self._heard: dict[Topic, WeakKeyDictionary[asyncio.Task[object], int]] = defaultdict(
            WeakKeyDictionary
        )
        self._waiting: dict[Topic, set[asyncio.Future[None]]] = defaultdict(set)

    def ring(self, topic: Topic) -> None:
        """Every task that waits for `topic`, or will wait next, returns. On the event loop only."""
        self._rung[topic] += 1
        for future in self._waiting.pop(topic, ()):
            if not future.done():
                future.set_result(None)

    def ring_all(self) -> None:
        """Every bell rings."""
        for topic in Topic:
            self.ring(topic)

    async def wait(self, topic: Topic, timeout: timedelta | None) -> None:
        """Returns when the bell has rung since this task's last wait, or after `timeout`."""
        task = asyncio.current_task()
        assert task
        if self._heard[topic].get(task, 0) == self._rung[topic]:
            future = asyncio.get_running_loop().create_future()
            self._waiting[topic].add(future)
            try:
                async with asyncio.timeout(None if timeout is None else max(0.0, timeout.total_seconds())):
                    await future
            except TimeoutError:
                pass
            finally:
                self._waiting[topic].discard(future)
        self._heard[topic][task] = self._rung[topic]
