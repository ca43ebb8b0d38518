"""Wake-ups that are remembered instead of sent."""

from datetime import timedelta

from gateway.ports.wakeups import Topic


class RememberedWakeups:
    """Who would have been woken, in order."""

    def __init__(self) -> None:
        self.topics: list[Topic] = []

    def wake(self, topic: Topic) -> None:
        self.topics.append(topic)

    def listener(self, topic: Topic) -> "RememberedWakeups":
        return self

    async def wait(self, timeout: timedelta | None) -> None:
        """Nobody waits here."""

    def taken(self) -> set[Topic]:
        """The wake-ups since the last time this was asked."""
        taken, self.topics = set(self.topics), []
        return taken
