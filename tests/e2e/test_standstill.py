"""A machine that stands still for longer than a lease, as virtual machines do: its calls go on."""

import asyncio
import os
import signal

import pytest

from tests.e2e.harness import ROLES, World
from tests.e2e.kills import TWO_PAGES

pytestmark = pytest.mark.slow

NUMBER = "+49301234567"
STANDSTILL = 8.0  # seconds; the lease is 5


async def test_a_fax_is_sent_once_though_the_machine_stood_still_in_its_call(world: World):
    await world.start_gateway()
    await world.mail(NUMBER, TWO_PAGES)
    await world.until(lambda: world.journal()[NUMBER] == 1)
    pids = [world.pid(name) for name in ("supervisor", *ROLES)]
    pids += [process.pid for process in world.processes if process.pid not in pids]

    for signum in (signal.SIGSTOP, signal.SIGCONT):  # who looks for leases that are over goes on first
        for pid in pids:
            os.kill(pid, signum)
        if signum == signal.SIGSTOP:
            await asyncio.sleep(STANDSTILL)
    await world.until_finished()

    assert world.states() == {NUMBER: "delivered"}
    assert world.journal() == world.received() == {NUMBER: 2}
    assert world.calls_with_pages() == {NUMBER: 1}
