import pytest

from tests.e2e.kills import nothing_is_lost_and_nothing_comes_twice

pytestmark = pytest.mark.slow


async def test_the_line_may_be_killed_at_every_state_of_a_job(world):
    await nothing_is_lost_and_nothing_comes_twice(world, "line")
