"""Hears wake-ups for whoever also waits for other things.

A wake-up belongs to the task that waits for it. A task made anew for each wait would take every wake-up of
the past for one that it missed, and look again at once, for ever. So one task waits here all the time.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from gateway.ports.wakeups import Topic, Wakeups


class Ear:
    """Open for one topic, as `async with`; one task at a time asks it."""

    def __init__(self, wakeups: Wakeups, topic: Topic) -> None:
        self._wakeups = wakeups
        self._topic = topic
        self._woken = asyncio.Event()
        self._looked = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Nothing is missed from here on."""
        self._listener = asyncio.create_task(self._listen(), name=f"ear for {self._topic}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nobody listens any more."""
        if self._listener is not None:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener

    async def wait(self, others: Iterable[asyncio.Future[Any]], pause: timedelta | None) -> None:
        """Returns at a wake-up since the last wait, when one of the others is done, or after the pause."""
        assert self._listener is not None
        woken = asyncio.ensure_future(self._woken.wait())
        try:
            seconds = None if pause is None else max(0.0, pause.total_seconds())
            await asyncio.wait(
                [woken, self._listener, *others], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            woken.cancel()
            with suppress(asyncio.CancelledError):
                await woken
        if self._listener.done():
            self._listener.result()  # why it cannot listen
        if self._woken.is_set():
            self._woken.clear()
            self._looked.set()

    async def _listen(self) -> None:
        while True:
            await self._wakeups.wait(self._topic, None)
            self._woken.set()
            await self._looked.wait()
            self._looked.clear()
