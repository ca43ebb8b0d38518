import pytest

from tests.e2e.harness import a_world


@pytest.fixture
async def world(tmp_path):
    async with a_world(tmp_path) as world:
        yield world
