"""How fast the queue is: `python tests/benchmarks/queue.py` prints a Markdown table in less than a minute.

A cycle is submit (2 KB), claim and finish, each a durable transaction of its own, with history rows. Several
workers are tasks of one process (as in the role `work`) or processes of their own (as nodes are).
"""

import asyncio
import os
import platform
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

# In the place of this folder, where a file called queue.py would be taken for Python's own.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gateway.cluster.wakeups import open_wakeups
from gateway.config.schema import NodeSection, QueueSection
from gateway.model.ids import BlobRef
from gateway.model.job import Failure, Sender
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NewNotification, NotificationKind
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic
from gateway.store import Store, migrate, open_store
from gateway.store.blobs import SMALL
from telephony import Disposition
from tests.contract.queued import a_page, a_submission, a_transmission
from tests.fakes.wakeups import RememberedWakeups
from tests.fix_postgres import Postgres

LEASE = timedelta(seconds=60)
TO_SEND = (JobState.RENDERED, JobState.DEFERRED)
REFUSED = Outcome(failure=Failure("refused", "Not this one.", "Send another."))
BODY = os.urandom(2048)


@dataclass(frozen=True)
class Site:
    """Where a queue is."""

    name: str
    queue: QueueSection
    folder: Path

    def open(self, node: str) -> AbstractAsyncContextManager[Store]:
        """The store of a node."""
        return open_store(self.queue, NodeSection(name=node, data_dir=self.folder), RememberedWakeups())


async def submit_one(store: Store, number: int) -> None:
    await store.jobs.submit(a_submission(f"+49{number:010}"), BODY + str(number).encode())


async def submit_row(store: Store, number: int) -> None:
    """The largest message that is a row."""
    await store.jobs.submit(a_submission(f"+49{number:010}"), os.urandom(SMALL))


async def submit_large(store: Store, number: int) -> None:
    """The smallest message that is a file (SQLite), or rows of its own transaction (PostgreSQL)."""
    await store.jobs.submit(a_submission(f"+49{number:010}"), os.urandom(SMALL + 1))


async def claim_and_finish(store: Store) -> bool:
    jobs = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    for job in jobs:
        await store.jobs.record(job, JobEvent.REFUSED, REFUSED)
    return bool(jobs)


async def cycle(store: Store, number: int) -> None:
    await submit_one(store, number)
    await claim_and_finish(store)


async def whole_life(store: Store, number: int) -> None:
    """All that a delivered fax writes: 11 transactions."""
    await submit_one(store, number)
    for job in await store.jobs.claim(JobState.RECEIVED, lease=LEASE):
        await store.jobs.record(job, JobEvent.SENDER_RESOLVED, Outcome(sender=Sender("ann@example.com")))
    for job in await store.jobs.claim(JobState.RESOLVED, lease=LEASE):
        pages = Outcome(pages=BlobRef("ab" * 32), page_count=1)
        await store.jobs.record(job, JobEvent.PAGES_RENDERED, pages)
    for job in await store.jobs.claim(*TO_SEND, lease=LEASE):
        attempt = await store.jobs.open_attempt(job, trunk="main", first_page=1)
        await store.jobs.confirm_page(attempt, a_page(1))
        owed = NewNotification(NotificationKind.DELIVERED, "ann@example.com", job.id)
        call = a_transmission(Disposition.DELIVERED, pages=1)
        await store.jobs.record(
            job, JobEvent.PAGES_CONFIRMED, Outcome(transmission=call, notifications=(owed,))
        )
    for owed_mail in await store.outbox.claim(lease=LEASE):
        await store.outbox.mark_sent(owed_mail.id)


async def rate(
    work: Callable[[Store, int], Coroutine[None, None, None]], store: Store, *, workers: int, seconds: float
) -> float:
    """How many times a second `workers` tasks together get `work` done."""
    began, done = time.perf_counter(), 0

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() - began < seconds:
            await work(store, done)
            done += 1

    await asyncio.gather(*(worker() for _ in range(workers)))
    return done / (time.perf_counter() - began)


async def rate_of_processes(site: Site, processes: int, tasks: int, seconds: float) -> float:
    """The cycles a second of several processes, each with some tasks."""
    arguments = [site.queue.url, str(site.folder), str(tasks), str(seconds)]
    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, "--child", f"node{n}", *arguments), stdout=asyncio.subprocess.PIPE
        )
        for n in range(processes)
    ]
    return sum([float((await child.communicate())[0]) for child in children])


async def child(node: str, url: str, folder: str, tasks: str, seconds: str) -> None:
    """One of the processes of `rate_of_processes`."""
    async with Site("", QueueSection(url=url), Path(folder)).open(node) as store:
        print(await rate(cycle, store, workers=int(tasks), seconds=float(seconds)))


async def claim_latency(store: Store, claims: int = 100) -> str:
    """Milliseconds for a claim, among whatever is in the queue: the median and the 95th percentile."""
    taken = []
    for number in range(claims):
        await submit_one(store, number)
        began = time.perf_counter()
        (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
        taken.append((time.perf_counter() - began) * 1000)
        await store.jobs.record(job, JobEvent.REFUSED, REFUSED)
    return in_ms(taken)


async def send_latency(store: Store, claims: int = 60) -> str:
    """The same for calls, each of which looks whether its number is free."""
    taken = []
    for _ in range(claims):
        began = time.perf_counter()
        (job,) = await store.jobs.claim(*TO_SEND, lease=LEASE)
        taken.append((time.perf_counter() - began) * 1000)
        await store.jobs.record(job, JobEvent.GAVE_UP)
    return in_ms(taken)


async def busy_latency(store: Store, claims: int = 60) -> str:
    """The same while nothing can be claimed."""
    taken = []
    for _ in range(claims):
        began = time.perf_counter()
        assert await store.jobs.claim(*TO_SEND, lease=LEASE) == []
        taken.append((time.perf_counter() - began) * 1000)
    return in_ms(taken)


def in_ms(taken: list[float]) -> str:
    return f"{statistics.median(taken):.1f} / {statistics.quantiles(taken, n=20)[-1]:.1f} ms"


_FILL = """
    INSERT INTO job (id, submission_id, state, number, address, created_at, due_at)
    WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {rows}),
    first AS (SELECT id, accepted_at FROM submission ORDER BY id LIMIT 1)
    SELECT '{prefix}-' || n, first.id, '{state}', '+1' || (n - n / {numbers} * {numbers}), '',
        first.accepted_at, first.accepted_at
    FROM counted, first
"""


def fill(site: Site, rows: int, state: JobState, *, numbers: int) -> None:
    """So many jobs in this state, written directly and in one transaction."""
    from gateway.store.database import database_url, open_engine
    from gateway.store.ids import new_id

    engine = open_engine(database_url(site.queue, NodeSection(data_dir=site.folder)), "fill")
    values = {"rows": rows, "prefix": new_id(), "state": state.value, "numbers": numbers}
    with engine.connect() as connection:
        connection.exec_driver_sql(_FILL.format(**values))
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


async def wakeup_latency(site: Site) -> str:
    """Milliseconds from wake to woken."""
    node = NodeSection(name="one", data_dir=site.folder)
    taken = []
    async with open_wakeups(site.queue, node) as mine, open_wakeups(site.queue, node) as theirs:
        listener = theirs.listener(Topic.SENDING)
        await listener.wait(timedelta(seconds=1))
        for _ in range(200):
            waiting = asyncio.create_task(listener.wait(timedelta(seconds=1)))
            await asyncio.sleep(0.001)
            began = time.perf_counter()
            mine.wake(Topic.SENDING)
            await waiting
            taken.append((time.perf_counter() - began) * 1000)
    return in_ms(taken)


async def measure(site: Site) -> list[tuple[str, str]]:
    """What is measured on one database, and the results."""
    rows: list[tuple[str, str]] = []
    async with site.open("one") as store:
        rows += await throughput(store)
    rows.append(("cycles/s, processes: 3 of 2 tasks", f"{await rate_of_processes(site, 3, 2, 2):.0f}"))
    async with site.open("one") as store:
        rows += await latencies(site, store)
    rows.append(("wake-up, median / p95", await wakeup_latency(site)))
    return rows


async def throughput(store: Store) -> list[tuple[str, str]]:
    """How much is done in a second."""
    rows = []
    await rate(cycle, store, workers=4, seconds=0.5)
    used, began = cpu_seconds(), time.perf_counter()
    for workers in (1, 4, 16):
        found = await rate(cycle, store, workers=workers, seconds=1.5)
        rows.append((f"cycles/s, tasks: {workers}", f"{found:.0f}"))
    share = (cpu_seconds() - used) / (time.perf_counter() - began)
    rows.append(("CPU of the gateway during these", f"{100 * share:.0f} %"))
    found = await rate(whole_life, store, workers=4, seconds=2)
    rows.append(("whole faxes/s (11 transactions), tasks: 4", f"{found:.0f}"))
    found = await rate(submit_one, store, workers=20, seconds=1)
    rows.append(("submits/s (2 KB), clients: 20", f"{found:.0f}"))
    for what, work in (("in the transaction", submit_row), ("before it", submit_large)):
        found = await rate(work, store, workers=4, seconds=1)
        rows.append((f"submits/s ({SMALL // 1024} KB, written {what}), clients: 4", f"{found:.0f}"))
    while jobs := await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=1000):
        await asyncio.gather(*(store.jobs.record(job, JobEvent.REFUSED) for job in jobs))
    return rows


def cpu_seconds() -> float:
    """What this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def latencies(site: Site, store: Store) -> list[tuple[str, str]]:
    """How long a claim takes in a queue that is full of other jobs."""
    rows = []
    await asyncio.to_thread(fill, site, 100_000, JobState.DELIVERED, numbers=1000)
    rows.append(("claim among 100,000 finished jobs, median / p95", await claim_latency(store)))
    await asyncio.to_thread(fill, site, 10_000, JobState.RENDERED, numbers=10_000)
    rows.append(("claim to send, 10,000 waiting, median / p95", await send_latency(store)))
    while await store.jobs.claim(*TO_SEND, lease=LEASE, limit=5000):
        pass
    await asyncio.to_thread(fill, site, 2_000, JobState.RENDERED, numbers=1)
    await store.jobs.claim(*TO_SEND, lease=LEASE)
    rows.append(("claim to send, 2,000 waiting for one busy number, median / p95", await busy_latency(store)))
    return rows


async def main() -> None:
    """Both databases, side by side."""
    root = Path(tempfile.mkdtemp(prefix="faxgw-bench-"))
    server = Postgres(Path(tempfile.mkdtemp(prefix="faxgw-pg-")))
    server.create()
    server.start()
    try:
        postgresql = Site("PostgreSQL", QueueSection(url=server.url("postgres")), root / "node")
        migrate(postgresql.queue, NodeSection(data_dir=postgresql.folder))
        results = [
            await measure(site) for site in (Site("SQLite", QueueSection(), root / "sqlite"), postgresql)
        ]
    finally:
        server.stop("immediate")
        shutil.rmtree(server.folder)
        shutil.rmtree(root)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| queue | SQLite | PostgreSQL |\n| --- | --- | --- |")
    for (what, sqlite), (_, postgres) in zip(*results, strict=True):
        print(f"| {what} | {sqlite} | {postgres} |")


if __name__ == "__main__":
    asyncio.run(child(*sys.argv[2:]) if sys.argv[1:2] == ["--child"] else main())
