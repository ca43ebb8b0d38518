import asyncio
import itertools
import os
import re
import smtplib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from tests.e2e.harness import World
from tests.e2e.kills import nothing_is_lost_and_nothing_comes_twice
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

HALF = "+49400"


async def test_the_intake_may_be_killed_at_every_state_of_a_job(world):
    await nothing_is_lost_and_nothing_comes_twice(world, "intake")


async def test_two_intake_processes_share_the_mails_and_either_may_be_killed(world):
    await world.start_gateway("-o", "smtp.processes=2", roles=["intake"])

    accepted = await killed_in_turn_while_mails_come(world, "intake", "intake-2")

    jobs = Counter(world.numbers())
    assert set(accepted) <= jobs.keys()
    assert set(jobs.values()) == {1}
    assert not [number for number in jobs if number.startswith(HALF)]
    await world.until_ready("intake", "intake-2")
    assert len(list((world.folder / "data/incoming").glob("*/lock"))) == 2  # what the dead left is gone


async def test_with_postgresql_every_processor_takes_mails_and_any_process_may_be_killed(world, postgres_url):
    await world.start_gateway("-o", f"queue.url={postgres_url}", roles=["intake"])
    processors = min(len(os.sched_getaffinity(0)), 4)
    roles = ["intake", *(f"intake-{number}" for number in range(2, processors + 1))]

    accepted = await killed_in_turn_while_mails_come(world, *roles)

    with psycopg.connect(postgres_url) as database:
        jobs = Counter(number for (number,) in database.execute("SELECT number FROM job"))
    assert set(accepted) <= jobs.keys()
    assert set(jobs.values()) == {1}
    assert not [number for number in jobs if number.startswith(HALF)]


async def killed_in_turn_while_mails_come(world: World, *roles: str) -> list[str]:
    """The mails that got their 250 while each of these processes took some, and was killed, twice."""
    accepted: list[str] = []
    stopped = threading.Event()
    clients = [asyncio.create_task(asyncio.to_thread(send, world, n, accepted, stopped)) for n in range(6)]
    killed = []
    for role in roles * 2:
        await world.until_ready(*roles)
        pid, enough = world.pid(role), len(accepted) + 15 * len(roles)
        await world.until(lambda enough=enough: len(accepted) >= enough)
        with half_a_mail_on_each_of(12, world.smtp):
            world.kill_now(role)
        killed.append(str(pid))
    stopped.set()
    await asyncio.gather(*clients)
    takers = re.findall(r"intake\[(\d+)\] INFO accepted ", world.log)
    assert set(killed) <= set(takers)
    assert len(accepted) >= 2 * len(roles) * 15 * len(roles)
    return accepted


def send(world: World, client: int, accepted: list[str], stopped: threading.Event) -> None:
    """Mails one after the other, small and large; `accepted` has those that got their 250."""
    for count in itertools.count():
        if stopped.is_set():
            return
        number = f"+4930{client}{count:04}"
        with (
            suppress(OSError, smtplib.SMTPException),
            smtplib.SMTP("127.0.0.1", world.smtp, timeout=PATIENCE) as smtp,
        ):
            text = "x" * 70 + "\r\n"
            smtp.sendmail(
                "ann@example.com", [f"{number}@fax.example.com"], text * (6000 if count % 4 else 20)
            )
            accepted.append(number)


@contextmanager
def half_a_mail_on_each_of(connections: int, port: int) -> Iterator[list[smtplib.SMTP]]:
    """So many clients are in the middle of DATA; they go without its end."""
    clients = []
    for number in range(connections):
        client = smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE)
        clients.append(client)
        client.ehlo()
        client.mail("ann@example.com")
        client.rcpt(f"{HALF}{number:02}@fax.example.com")
        client.docmd("DATA")
        client.send(b"Subject: half\r\n\r\n" + b"y" * 300_000)
    yield clients
    for client in clients:
        client.close()
