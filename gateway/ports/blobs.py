"""Blobs: raw mails, rendered and received pages, by the SHA-256 of their content."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from gateway.model.ids import BlobRef


class Blobs(Protocol):
    """Content by its hash (proved by tests/contract/test_blobs.py)."""

    async def put(self, content: bytes | Path) -> BlobRef:
        """The name of the content, which is durable now. A file is copied."""
        ...

    async def get(self, ref: BlobRef) -> bytes:
        """The content. KeyError when there is none."""
        ...

    def file(self, ref: BlobRef) -> AbstractAsyncContextManager[Path]:
        """The content as a file that must not be changed, valid inside the context."""
        ...
