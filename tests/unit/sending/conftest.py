"""A sending worker on a real queue and the simulated engine."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.config.schema import SendingSection
from gateway.sending.worker import SendingWorker
from gateway.store import Store
from telephony import Trunk
from telephony.simulated import SimulatedEngine
from tests.fakes.clock import FakeClock
from tests.fakes.page_views import RecordingViews


@pytest.fixture
async def engine() -> AsyncIterator[SimulatedEngine]:
    async with SimulatedEngine() as engine:
        yield engine


@pytest.fixture
def views() -> RecordingViews:
    return RecordingViews()


@pytest.fixture
def a_worker(
    store: Store, engine: SimulatedEngine, views: RecordingViews, tmp_path: Path
) -> Callable[..., SendingWorker]:
    """Makes a worker with these settings."""

    def make(**settings: Any) -> SendingWorker:
        usual = {
            "trunks": [Trunk("main", "sip:main.example", channels=2)],
            "section": SendingSection(header=""),
            "clock": FakeClock(datetime.now(UTC)),
        }
        return SendingWorker(
            engine=engine,
            jobs=store.jobs,
            blobs=store.blobs,
            views=views,
            destinations=store.destinations,
            scratch=tmp_path,
            **(usual | settings),
        )

    return make
