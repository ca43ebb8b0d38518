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


class Wakeups(Protocol):
    """Sends and waits for wake-ups. A wake-up between two waits is not lost."""

    def wake(self, topic: Topic) -> None:
        """Whoever waits for `topic`, in this or another process, looks now."""
        ...

    async def wait(self, topic: Topic, timeout: timedelta | None) -> None:
        """Returns at a wake-up for `topic`, or after `timeout`."""
        ...
