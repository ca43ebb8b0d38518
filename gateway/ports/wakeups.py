"""Wake-ups between stages, within and across processes and nodes. A hint, never the truth: the queue is."""

from datetime import timedelta
from enum import StrEnum
from typing import Protocol


class Topic(StrEnum):
    """Who should look into the queue."""

    RESOLVING = "resolving"
    RENDERING = "rendering"
    SENDING = "sending"
    NOTIFYING = "notifying"


class Listener(Protocol):
    """Somebody who waits for a topic, again and again. A wake-up between two of its waits is not lost."""

    async def wait(self, timeout: timedelta | None) -> None:
        """Returns at a wake-up since the last wait, or after `timeout`.

        The first wait returns at once: who knows what came before. One wait at a time; it may be cancelled.
        """
        ...


class Wakeups(Protocol):
    """Sends wake-ups, and hears them."""

    def wake(self, topic: Topic) -> None:
        """Whoever waits for `topic`, in this or another process, looks now."""
        ...

    def listener(self, topic: Topic) -> Listener:
        """Somebody new who waits for `topic`. On the event loop only."""
        ...
