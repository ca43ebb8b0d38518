"""One warm pool for all tests here that leave it as they found it."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio

from renderers import RenderPool, SourceDocument

SAMPLES = Path(__file__).parents[3] / "samples" / "documents"


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def pool():
    async with RenderPool(workers=2) as pool:
        yield pool


@pytest.fixture(scope="session")
def sample():
    """The sample document of that name."""

    def named(name: str, media_type: str | None = None) -> SourceDocument:
        return SourceDocument(name, SAMPLES / name, media_type)

    return named
