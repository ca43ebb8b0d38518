"""An empty queue on SQLite for the tests of a stage."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.ports.wakeups import Wakeups
from gateway.store import Store
from tests.stages import a_store


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[tuple[Store, Wakeups]]:
    async with a_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def store(opened: tuple[Store, Wakeups]) -> Store:
    return opened[0]
