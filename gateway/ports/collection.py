"""The queue's memory of mails that were collected, so that none is faxed twice.

Promises (proved by tests/contract/test_collection.py on SQLite and PostgreSQL):
- What `take` stores, the key and everything that follows from it, is one transaction and durable.
- Of several that take the same key, on whatever node, one does; the others learn what became of it.
- A mail that may still lie where it lay is never forgotten.
"""

from datetime import timedelta
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

    async def settled(self, key: str) -> None:
        """The mail is remembered as one that lies there no more.

        Raises:
            StoreUnavailable: it is not; it is remembered for ever then.
        """
        ...

    async def forget(self, settled_for: timedelta) -> int:
        """How many mails are not remembered any more: those settled so long ago.

        Raises:
            StoreUnavailable: none.
        """
        ...
