"""A mailbox in memory, and the queue's memory of what was collected."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from gateway.model.collected import Refusal, Taken
from gateway.model.ids import SubmissionId
from gateway.model.submission import NewSubmission
from gateway.ports.mail_source import FoundMail


class FakeSource:
    """Holds mails until they are settled."""

    def __init__(self, *, answers: bool = False) -> None:
        self.name = "imap fake"
        self.answers = answers
        self.lying: dict[str, FoundMail] = {}
        self.settled: list[tuple[str, Taken]] = []
        self.closed = False
        self.came = asyncio.Event()
        self._failures: list[Exception] = []
        self._moves_fail: list[Exception] = []

    def put(self, mail: FoundMail) -> None:
        """The mail lies here."""
        self.lying[mail.key] = mail
        self.came.set()

    def next_look_fails(self, error: Exception) -> None:
        self._failures.append(error)

    def next_move_fails(self, error: Exception) -> None:
        self._moves_fail.append(error)

    async def mails(self) -> AsyncIterator[FoundMail]:
        if self._failures:
            raise self._failures.pop(0)
        for mail in list(self.lying.values()):
            yield mail

    async def settle(self, mail: FoundMail, taken: Taken) -> None:
        if self._moves_fail:
            raise self._moves_fail.pop(0)
        self.lying.pop(mail.key, None)
        self.settled.append((mail.key, taken))

    async def wait(self) -> None:
        await self.came.wait()
        self.came.clear()

    async def close(self) -> None:
        self.closed = True


@dataclass
class FakeCollection:
    """Remembers what was taken."""

    taken: dict[str, Taken] = field(default_factory=dict)
    submissions: list[NewSubmission] = field(default_factory=list)
    answers: list[tuple[str, Refusal]] = field(default_factory=list)
    settled_keys: list[str] = field(default_factory=list)
    forgot: list[timedelta] = field(default_factory=list)

    async def find(self, key: str) -> Taken | None:
        return self.taken.get(key)

    async def take(
        self,
        key: str,
        message: bytes | Path,
        submission: NewSubmission | None,
        *,
        refused: tuple[str, ...] = (),
        answer: tuple[str, Refusal] | None = None,
    ) -> Taken:
        if key not in self.taken:
            if submission:
                self.submissions.append(submission)
            if answer:
                self.answers.append(answer)
            name = SubmissionId(f"S{len(self.submissions)}") if submission else None
            self.taken[key] = Taken(name, refused)
        return self.taken[key]

    async def settled(self, key: str) -> None:
        self.settled_keys.append(key)

    async def forget(self, settled_for: timedelta) -> int:
        self.forgot.append(settled_for)
        return 0
