"""A database that goes away is told to whoever waits for it, and nothing that was acknowledged is lost."""

import asyncio
import os
from pathlib import Path

import pytest

from gateway.config.schema import NodeSection, QueueSection
from gateway.errors import ConfigError, StoreUnavailable
from gateway.model.ids import SubmissionId
from gateway.model.lifecycle import JobEvent, JobState
from gateway.store import Store, migrate, open_store
from gateway.store.blobs import SMALL
from tests.contract.queued import LEASE, MAIL, a_submission, in_state
from tests.fakes.wakeups import RememberedWakeups
from tests.fix_postgres import Postgres
from tests.patience import PATIENCE


class Load:
    """Clients that submit and workers that claim and finish, until they are told to stop."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.acknowledged: list[SubmissionId] = []
        self.refusals = 0
        self.stopping = False

    async def submit(self) -> None:
        while not self.stopping:
            try:
                self.acknowledged.append(await self.store.jobs.submit(a_submission(), MAIL))
            except StoreUnavailable:
                self.refusals += 1
                await asyncio.sleep(0.01)

    async def work(self) -> None:
        while not self.stopping:
            try:
                for job in await self.store.jobs.claim(JobState.RECEIVED, lease=LEASE):
                    await self.store.jobs.record(job, JobEvent.REFUSED)
            except StoreUnavailable:
                self.refusals += 1
                await asyncio.sleep(0.01)

    async def reaches(self, count: int) -> None:
        """So many submissions have been acknowledged since now."""
        wanted = len(self.acknowledged) + count
        async with asyncio.timeout(PATIENCE):
            while len(self.acknowledged) < wanted:
                await asyncio.sleep(0.01)


async def test_postgresql_restarted_under_load_loses_nothing(own_postgres: Postgres, tmp_path: Path):
    queue, node = QueueSection(url=own_postgres.url("postgres")), NodeSection(name="one", data_dir=tmp_path)
    migrate(queue, node)
    async with open_store(queue, node, RememberedWakeups()) as store:
        load = Load(store)

        async with asyncio.TaskGroup() as group:
            for client in (load.submit, load.submit, load.submit, load.work, load.work):
                group.create_task(client())
            await load.reaches(100)
            await asyncio.to_thread(own_postgres.stop, "immediate")
            async with asyncio.timeout(PATIENCE):
                while load.refusals < 10:
                    await asyncio.sleep(0.01)
            await asyncio.to_thread(own_postgres.start)
            await load.reaches(100)
            load.stopping = True

        kept = {job.submission_id for job in await store.jobs.list(limit=1_000_000)}
        assert set(load.acknowledged) <= kept


async def test_large_mails_are_whole_when_postgresql_crashes_right_behind_their_250(
    own_postgres: Postgres, tmp_path: Path
):
    queue, node = QueueSection(url=own_postgres.url("postgres")), NodeSection(name="one", data_dir=tmp_path)
    migrate(queue, node)
    mails = [os.urandom(3 * SMALL) for _ in range(5)]
    async with open_store(queue, node, RememberedWakeups()) as store:
        alone = await store.blobs.put(mails[0])
        own_postgres.stop("immediate")
        own_postgres.start()
        assert await store.blobs.get(alone) == mails[0]

        ids = await asyncio.gather(*(store.jobs.submit(a_submission(), mail) for mail in mails))
        own_postgres.stop("immediate")
        own_postgres.start()

        kept = [(await store.jobs.submission(submission_id)).message for submission_id in ids]
        assert [await store.blobs.get(message) for message in kept] == mails


async def test_a_connection_that_died_while_nobody_used_it_is_not_noticed(
    own_postgres: Postgres, tmp_path: Path
):
    queue, node = QueueSection(url=own_postgres.url("postgres")), NodeSection(name="one", data_dir=tmp_path)
    migrate(queue, node)
    async with open_store(queue, node, RememberedWakeups()) as store:
        job = await in_state(store.jobs, JobState.SENDING)
        await store.jobs.open_attempt(job, trunk="main", first_page=1)

        own_postgres.stop()
        own_postgres.start()

        await store.jobs.record(job, JobEvent.ATTEMPT_FAILED)
        await store.jobs.submit(a_submission(), MAIL)
        assert len(await store.jobs.list()) == 2


async def test_a_server_that_is_not_there_is_said_at_the_start(tmp_path: Path):
    queue = QueueSection(url=f"postgresql://faxgw@/faxgw?host={tmp_path}")

    with pytest.raises(StoreUnavailable, match="Check that it runs"):
        async with open_store(queue, NodeSection(data_dir=tmp_path), RememberedWakeups()):
            pass


async def test_a_data_folder_that_is_none_is_said_at_the_start(tmp_path: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match="data_dir"):
        async with open_store(QueueSection(), NodeSection(data_dir=tmp_path / "file"), RememberedWakeups()):
            pass


async def test_a_file_that_is_no_database_is_said_at_the_start(tmp_path: Path):
    (tmp_path / "queue.db").write_bytes(b"not a database" * 1000)

    with pytest.raises(StoreUnavailable, match="not a database"):
        async with open_store(QueueSection(), NodeSection(data_dir=tmp_path), RememberedWakeups()):
            pass


@pytest.mark.parametrize("url", ["mysql://faxgw@db/faxgw", "nonsense", "sqlite://"])
async def test_a_database_of_another_kind_is_refused(tmp_path: Path, url: str):
    with pytest.raises(ConfigError, match=r"queue\.url"):
        async with open_store(QueueSection(url=url), NodeSection(data_dir=tmp_path), RememberedWakeups()):
            pass
