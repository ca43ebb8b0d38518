"""Large mails and mails to many, from the wire into the real queue, in bounded memory and time."""

import asyncio
import hashlib
import smtplib
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from gateway.config.schema import BroadcastSection, NodeSection, QueueSection, SendingSection
from gateway.model.dialling import DialPlan
from gateway.model.envelope import Envelope
from gateway.model.lifecycle import JobState
from gateway.model.number import IN_THE_MAIL
from gateway.model.submission import NewSubmission, Recipient
from gateway.rendering.contents import attachments_in
from gateway.resolving.resolver import Resolver
from gateway.resolving.splitting import Splitter
from gateway.resolving.worker import ResolvingWorker
from gateway.store import open_store
from tests.fakes.clock import FakeClock
from tests.fakes.wakeups import RememberedWakeups
from tests.stages import ANN, LEASE

LINE = b"%075d\r\n"
SIZE = 25_000_000  # bytes
AT_ONCE = 6
MANY = 10_000


@asynccontextmanager
async def the_queue(folder: Path, url: str):
    node = NodeSection(name="looking", data_dir=folder)
    async with open_store(QueueSection(url=url), node, RememberedWakeups()) as store:
        yield store


def send(port: int, recipients: list[str], content: bytes) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.com", timeout=120) as client:
        return client.sendmail("anna@example.com", recipients, content)


async def test_mails_of_25_mb_go_to_disk_and_not_into_memory(listener, tmp_path, url):
    head = b"Subject: large\r\n\r\n"
    content = head + b"".join(LINE % number for number in range(SIZE // len(LINE % 0)))
    before = listener.memory("VmRSS")

    sent = [
        asyncio.to_thread(send, listener.port, [f"{100 + number}@fax.example.com"], content)
        for number in range(AT_ONCE)
    ]
    assert await asyncio.gather(*sent) == [{}] * AT_ONCE

    grown = listener.memory("VmHWM") - before
    assert grown < SIZE, f"{grown / 1e6:.0f} MB for {AT_ONCE} mails of {SIZE / 1e6:.0f} MB"
    async with the_queue(tmp_path, url) as store:
        jobs = await store.jobs.list()
        submission = await store.jobs.submission(jobs[0].submission_id)
        message = await store.blobs.get(submission.message)
    assert len(jobs) == AT_ONCE
    assert _digest(message[-len(content) :]) == _digest(content)


async def test_a_mail_to_10_000_numbers_is_one_submission(listener, tmp_path, url):
    numbers = [f"+4930{1_000_000 + number}" for number in range(MANY)]
    taken: list[float] = []  # processor seconds, before each tenth of the numbers

    def send_it() -> None:
        with smtplib.SMTP("127.0.0.1", listener.port, timeout=120) as client:
            client.ehlo("client.example.com")
            client.mail("anna@example.com")
            for done, number in enumerate(numbers):
                if done % (MANY // 10) == 0:
                    taken.append(listener.processor_seconds())
                code, reply = client.rcpt(f"{number}@fax.example.com")
                assert code == 250, reply
            assert client.rcpt("+493055@fax.example.com")[0] == 452
            assert client.data(b"Subject: to all\r\n\r\nHello")[0] == 250

    await asyncio.to_thread(send_it)

    first, late = taken[1] - taken[0], taken[9] - taken[8]
    assert late < 3 * first + 0.5, "the last numbers take as long as the first ones"
    async with the_queue(tmp_path, url) as store:
        jobs = await store.jobs.list(limit=2 * MANY)
    assert {job.number.digits for job in jobs} == set(numbers)
    assert len({job.submission_id for job in jobs}) == 1


async def test_a_list_of_10_000_becomes_as_many_faxes_of_one_mail(tmp_path, url):
    rows = "".join(f"+4930{1_000_000 + number};Name {number}\r\n" for number in range(MANY))
    mail = EmailMessage()
    mail["From"], mail["To"] = ANN.mail, "list@fax.example.com"
    mail.set_content("Hello")
    mail.add_attachment(f"fax;name\r\n{rows}".encode(), "text", "csv", filename="list.csv")
    new = NewSubmission(Envelope(ANN.mail, (mail["To"],)), (Recipient(mail["To"], IN_THE_MAIL),), "test")

    async with the_queue(tmp_path, url) as store:
        worker = ResolvingWorker(
            jobs=store.jobs,
            blobs=store.blobs,
            clock=FakeClock(datetime.now(UTC)),
            resolver=Resolver(clock=FakeClock(datetime.now(UTC)), sending=SendingSection()),
            splitter=Splitter(
                jobs=store.jobs,
                queue=store.collection,
                blobs=store.blobs,
                plan=DialPlan(country="DE"),
                ours=["fax.example.com"],
                section=BroadcastSection(max_recipients=MANY),
                wishes_in=lambda _: (),
                attachments_in=attachments_in,
            ),
        )
        await store.jobs.submit(new, mail.as_bytes())
        (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
        began = time.process_time()

        await worker.work(job)

        took = time.process_time() - began
        jobs = await store.jobs.list(JobState.RECEIVED, limit=2 * MANY)
    assert took < 20, "seconds of processor time; a tenth of it is usual"
    assert {(job.number.digits, job.recipient_name) for job in jobs} == {
        (f"+4930{1_000_000 + number}", f"Name {number}") for number in range(MANY)
    }
    assert len({job.submission_id for job in jobs}) == 1


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
