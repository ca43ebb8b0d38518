"""A wake-up reaches whoever waits, in this process and in others, and none is lost."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.cluster.wakeups import open_wakeups
from gateway.config.schema import NodeSection, QueueSection
from gateway.ports.wakeups import Listener, Topic, Wakeups
from tests.contract.conftest import Site
from tests.patience import PATIENCE

LONG = timedelta(seconds=2 * PATIENCE)


def wakeups_of(site: Site) -> AbstractAsyncContextManager[Wakeups]:
    return open_wakeups(site.queue, NodeSection(name="one", data_dir=site.folder))


@pytest.fixture
async def mine(site: Site) -> AsyncIterator[Wakeups]:
    async with wakeups_of(site) as opened:
        yield opened


@pytest.fixture
async def theirs(site: Site) -> AsyncIterator[Wakeups]:
    """The wake-ups of another process at the same queue."""
    async with wakeups_of(site) as opened:
        yield opened


async def is_woken(listener: Listener) -> bool:
    began = time.monotonic()
    await listener.wait(LONG)
    return time.monotonic() - began < LONG.total_seconds() / 2


async def ready(wakeups: Wakeups, topic: Topic) -> Listener:
    """Somebody who has heard whatever could have been missed before: the next wait really waits."""
    listening = getattr(wakeups, "listening", None)
    if listening is not None:
        await listening.wait()
    listener = wakeups.listener(topic)
    await listener.wait(LONG)
    return listener


async def test_a_wakeup_reaches_another_process(mine: Wakeups, theirs: Wakeups):
    listener = await ready(theirs, Topic.SENDING)
    waiting = asyncio.create_task(is_woken(listener))
    await asyncio.sleep(0)

    mine.wake(Topic.SENDING)

    assert await waiting


async def test_a_wakeup_reaches_its_own_process(mine: Wakeups):
    listener = await ready(mine, Topic.SENDING)
    waiting = asyncio.create_task(is_woken(listener))
    await asyncio.sleep(0)

    mine.wake(Topic.SENDING)

    assert await waiting


async def test_a_wakeup_between_two_waits_is_not_lost(mine: Wakeups, theirs: Wakeups):
    listener = await ready(theirs, Topic.SENDING)

    mine.wake(Topic.SENDING)

    assert await is_woken(listener)


async def test_a_wakeup_is_heard_once_by_whichever_task_waits(mine: Wakeups, theirs: Wakeups):
    listener = await ready(theirs, Topic.SENDING)
    mine.wake(Topic.SENDING)
    assert await asyncio.create_task(is_woken(listener))

    again = asyncio.create_task(listener.wait(None))
    await asyncio.wait([again], timeout=0.1)

    assert not again.done()
    mine.wake(Topic.SENDING)
    await again


async def test_a_wakeup_is_not_lost_by_a_wait_that_is_cancelled(mine: Wakeups, theirs: Wakeups):
    listener = await ready(theirs, Topic.SENDING)
    waiting = asyncio.create_task(listener.wait(None))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])

    mine.wake(Topic.SENDING)

    assert await is_woken(listener)


async def test_the_first_wait_returns_at_once_because_nobody_knows_what_came_before(mine: Wakeups):
    assert await is_woken(mine.listener(Topic.RENDERING))


async def test_every_task_that_waits_is_woken(mine: Wakeups, theirs: Wakeups):
    listeners = [await ready(theirs, Topic.SENDING) for _ in range(3)]
    waiting = [asyncio.create_task(is_woken(listener)) for listener in listeners]
    await asyncio.sleep(0)

    mine.wake(Topic.SENDING)

    assert await asyncio.gather(*waiting) == [True, True, True]


async def test_a_flood_of_other_topics_does_not_drown_a_wakeup(mine: Wakeups, theirs: Wakeups):
    await ready(theirs, Topic.RESOLVING)
    listener = await ready(theirs, Topic.NOTIFYING)

    for _ in range(1000):
        mine.wake(Topic.RESOLVING)
    mine.wake(Topic.NOTIFYING)

    assert await is_woken(listener)


async def test_a_wait_ends_after_its_timeout(mine: Wakeups):
    listener = await ready(mine, Topic.SENDING)

    await listener.wait(timedelta(milliseconds=20))
    await listener.wait(timedelta(seconds=-5))


async def test_a_wakeup_from_another_thread_arrives(mine: Wakeups):
    listener = await ready(mine, Topic.SENDING)

    await asyncio.to_thread(mine.wake, Topic.SENDING)

    assert await is_woken(listener)


async def test_a_wakeup_takes_milliseconds(mine: Wakeups, theirs: Wakeups):
    listener = await ready(theirs, Topic.SENDING)
    taken = []
    for _ in range(60):
        waiting = asyncio.create_task(listener.wait(LONG))
        await asyncio.sleep(0)
        began = time.perf_counter()
        mine.wake(Topic.SENDING)
        await waiting
        taken.append(time.perf_counter() - began)

    assert sorted(taken)[len(taken) // 10] < 0.005  # the fastest; whatever else the machine does


async def test_a_process_that_was_killed_is_forgotten(tmp_path: Path):
    folder = tmp_path / ("a folder whose path is longer than a Unix address may be " * 3).replace(" ", "-")
    node = NodeSection(name="one", data_dir=folder)
    async with open_wakeups(QueueSection(), node) as mine:
        listener = await ready(mine, Topic.SENDING)
        descriptor = os.open(folder / "wake" / "sending", os.O_RDONLY)
        dead = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        dead.bind(f"/proc/self/fd/{descriptor}/4711-dead")
        dead.close()
        os.close(descriptor)

        mine.wake(Topic.SENDING)

        assert await is_woken(listener)
        assert len(list((folder / "wake" / "sending").iterdir())) == 1
    assert list((folder / "wake" / "sending").iterdir()) == []


async def test_wakeups_go_on_when_postgresql_was_restarted(own_postgres, tmp_path: Path):
    queue, node = QueueSection(url=own_postgres.url("postgres")), NodeSection(name="one", data_dir=tmp_path)
    async with open_wakeups(queue, node) as mine, open_wakeups(queue, node) as theirs:
        listener = await ready(theirs, Topic.SENDING)

        own_postgres.stop("immediate")
        own_postgres.start()

        assert await is_woken(listener)  # who knows what was missed
        await theirs.listening.wait()
        mine.wake(Topic.SENDING)
        assert await is_woken(listener)


async def test_a_command_that_only_wakes_reaches_the_waiting_process(site: Site, mine: Wakeups):
    listener = await ready(mine, Topic.SENDING)
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from gateway.cluster.wakeups import open_wakeups\n"
        "from gateway.config.schema import NodeSection, QueueSection\n"
        "from gateway.ports.wakeups import Topic\n"
        "async def main():\n"
        "    node = NodeSection(data_dir=Path(sys.argv[2]))\n"
        "    async with open_wakeups(QueueSection(url=sys.argv[1]), node) as wakeups:\n"
        "        wakeups.wake(Topic.SENDING)\n"
        "asyncio.run(main())\n"
    )

    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, site.queue.url, str(site.folder)
    )
    await child.wait()

    assert await is_woken(listener)
