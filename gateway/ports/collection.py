"""The queue's memory of mails that were collected, so that none is faxed twice.

Promises (proved by tests/contract/test_collection.py on SQLite and PostgreSQL):
- What `take` stores, the key and everything that follows from it, is one transaction and durable.
- Of several that take the same key, on whatever node, one does; the others learn what became of it.
"""

from pathlib import Path
from typing import Protocol

from gateway.model.collected import Refusal, Taken
from gateway.model.submission import NewSubmission


class Collection(Protocol):
    """Mails that were collected, by their keys."""

    async def find(self, key: str) -> Taken | None:
        """What became of the mail with this key; None when it was not taken yet."""
        ...

    async def take(
        self,
        key: str,
        message: bytes | Path,
        submission: NewSubmission | None,
        *,
        refused: tuple[str, ...] = (),
        answer: tuple[str, Refusal] | None = None,
    ) -> Taken:
        """The mail is ours: as a submission with a `received` job a recipient, or refused.

        `answer` is a mailbox and what it is told. A file `message` is copied, not moved.

        Raises:
            StoreUnavailable: nothing was stored.
        """
        ...
