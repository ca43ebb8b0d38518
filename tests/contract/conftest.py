"""The same promises on both databases: `site` is a place where nodes can share a queue."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from gateway.config.schema import NodeSection, QueueSection
from gateway.store import Store, open_store
from tests.fakes.wakeups import RememberedWakeups


class Site:
    """One queue. On SQLite its nodes are processes of one machine, on PostgreSQL they are machines."""

    def __init__(self, queue: QueueSection, folder: Path) -> None:
        self.queue = queue
        self.folder = folder
        self.wakeups = RememberedWakeups()

    def open(self, node: str) -> AbstractAsyncContextManager[Store]:
        """The store of a node, which shares the queue with all others of this site."""
        return open_store(self.queue, NodeSection(name=node, data_dir=self.folder), self.wakeups)


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    return Site(QueueSection(url=url), tmp_path / "data")


@pytest.fixture
async def store(site: Site) -> AsyncIterator[Store]:
    async with site.open("one") as opened:
        yield opened


@pytest.fixture
async def other(site: Site, store: Store) -> AsyncIterator[Store]:
    """A second node at the same queue."""
    async with site.open("two") as opened:
        yield opened
