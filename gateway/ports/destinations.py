"""What calls have taught us about numbers (proved by tests/contract/test_destinations.py)."""

from datetime import timedelta
from typing import Protocol

from gateway.model.destination import Lesson, Limit, NewLesson
from gateway.model.number import FaxNumber


class Destinations(Protocol):
    """Lessons by number. One that has expired is as if it had never been learned."""

    async def lessons(self, number: FaxNumber) -> list[Lesson]:
        """What is known about a number."""
        ...

    async def learn(self, number: FaxNumber, lesson: NewLesson, keep: timedelta) -> None:
        """The lesson holds for `keep` from now, in place of an earlier one about the same limit."""
        ...

    async def forget(self, number: FaxNumber, *limits: Limit) -> int:
        """How many lessons about the number are gone now: those about these limits, or all."""
        ...

    async def list(self, limit: int = 1000) -> list[Lesson]:
        """All lessons, the newest first."""
        ...
