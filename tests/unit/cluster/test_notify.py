"""Wake-ups by PostgreSQL while it takes its time; with a real one, see tests/contract/test_wakeups.py."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from gateway.cluster.notify import NotifyWakeups
from gateway.ports.wakeups import Topic


class SlowConnection:
    """Takes the first wake-up only when it is told to."""

    def __init__(self) -> None:
        self.sent: list[Sequence[Topic]] = []
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """It stays."""

    async def execute(self, statement: str, given: Sequence[object] = ()) -> None:
        if "pg_notify" not in statement:
            return
        self.asked.set()
        await self.go_on.wait()
        self.sent.append(given[1])


class WakeupsOver(NotifyWakeups):
    """Wake-ups by this connection."""

    def __init__(self, connection: SlowConnection) -> None:
        super().__init__("")
        self._connection = connection

    async def _connect(self) -> SlowConnection:
        return self._connection


async def test_a_wakeup_while_the_one_before_is_on_its_way_is_sent_too():
    connection = SlowConnection()
    wakeups = WakeupsOver(connection)
    sending = asyncio.create_task(wakeups.send())
    wakeups.wake(Topic.SENDING)
    await connection.asked.wait()

    wakeups.wake(Topic.SENDING)
    await asyncio.sleep(0)
    connection.go_on.set()
    await wakeups.flush()

    assert connection.sent == [[Topic.SENDING], [Topic.SENDING]]
    sending.cancel()
