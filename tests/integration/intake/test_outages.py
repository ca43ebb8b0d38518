"""A database that is away, a disk that is full: the client hears to try again, and nothing is lost."""

import asyncio
import smtplib

import pytest

from gateway.config.schema import NodeSection, QueueSection
from gateway.store import migrate, open_store
from tests.fakes.wakeups import RememberedWakeups
from tests.fix_postgres import Postgres
from tests.integration.intake.conftest import a_listener
from tests.patience import PATIENCE

LARGE = 600_000  # bytes; it goes to the spool folder first


def send(port: int, number: str, size: int = 100) -> tuple[int, bytes]:
    """The last reply."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        try:
            client.sendmail(
                "anna@example.com", [f"{number}@fax.example.com"], b"x" * 70 + b"\r\n" * (size // 2)
            )
        except smtplib.SMTPDataError as error:
            return error.smtp_code, error.smtp_error
    return 250, b""


async def test_while_the_database_is_away_the_client_tries_again(own_postgres: Postgres, tmp_path):
    queue = QueueSection(url=own_postgres.url("postgres"))
    node = NodeSection(name="looking", data_dir=tmp_path)
    migrate(queue, node)
    async with a_listener(tmp_path, queue.url) as listener:
        first = await asyncio.to_thread(send, listener.port, "101")
        own_postgres.stop("immediate")
        while_away = await asyncio.to_thread(send, listener.port, "102")
        large_while_away = await asyncio.to_thread(send, listener.port, "103", LARGE)
        own_postgres.start()
        again = await asyncio.to_thread(send, listener.port, "102")

        async with open_store(queue, node, RememberedWakeups()) as store:
            jobs = await store.jobs.list()

    assert first == again == (250, b"")
    assert while_away == (451, b"4.3.0 Cannot store the mail now; try again later")
    assert large_while_away[0] == 451
    assert sorted(job.number.digits for job in jobs) == ["101", "102"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_while_the_disk_is_full_the_client_tries_again(listener, tmp_path):
    first = await asyncio.to_thread(send, listener.port, "101", LARGE)
    listener.limit_files(50_000)
    while_full = await asyncio.to_thread(send, listener.port, "102", LARGE)
    small_while_full = await asyncio.to_thread(send, listener.port, "103", 200_000)
    listener.limit_files(-1)
    again = await asyncio.to_thread(send, listener.port, "102", LARGE)

    async with open_store(
        QueueSection(), NodeSection(name="looking", data_dir=tmp_path), RememberedWakeups()
    ) as store:
        jobs = await store.jobs.list()
    assert first == again == (250, b"")
    assert while_full == (452, b"4.3.1 Not enough disk space; try again later")
    assert small_while_full[0] == 451
    assert sorted(job.number.digits for job in jobs) == ["101", "102"]
