"""What the real outbox owes leaves as mail, whatever stands in the way."""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.config.schema import MailerSection
from gateway.errors import MailerRefused, MailerUnavailable
from gateway.model.job import Failure, Job
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import Notification, NotificationKind
from gateway.model.options import JobOptions
from gateway.notifying.worker import NotifyingWorker
from gateway.ports.job_store import Outcome
from gateway.ports.outbox import Outbox
from gateway.ports.wakeups import Topic
from gateway.stage import answer
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import FakeMailer
from tests.fakes.page_views import RecordingViews
from tests.fakes.pages import a_fax
from tests.patience import PATIENCE
from tests.stages import LEASE, a_rendered_job, a_store, many_turns

AWAY = MailerUnavailable("The mail server is away.")
REFUSES = MailerRefused("The mail server refuses the mail: 552 too large")


class Desk:
    """A worker with its surroundings."""

    def __init__(self, store, wakeups, folder: Path, outbox: Outbox | None = None) -> None:
        self.store, self.wakeups, self.folder = store, wakeups, folder
        self.mailer, self.views, self.clock = FakeMailer(), RecordingViews(), FakeClock(datetime.now(UTC))
        self.worker = NotifyingWorker(
            outbox=outbox or store.outbox,
            jobs=store.jobs,
            received=store.received,
            blobs=store.blobs,
            views=self.views,
            mailer=self.mailer,
            wakeups=wakeups,
            clock=self.clock,
            section=MailerSection(sender="fax@example.com"),
            node_name="here",
            timezone="UTC",
        )

    async def a_failed_job(self, options: JobOptions | None = None) -> Job:
        """A job whose sender is owed an answer."""
        await a_rendered_job(self.store, self.folder, options=options)
        (job,) = await self.store.jobs.claim(JobState.RENDERED, lease=LEASE)
        failure = Failure("busy", "The line was busy.", "Send it again later.")
        outcome = Outcome(failure=failure, notifications=answer(job, NotificationKind.FAILED))
        return await self.store.jobs.record(job, JobEvent.REFUSED, outcome)

    async def a_received_fax(self, *mailboxes: str, pages: Path | None, complete: bool = True) -> None:
        received = await self.store.received.open(
            call_id="c1", called="+4930999", caller="+4930111", spool=self.folder / "spool.tif", lease=LEASE
        )
        await self.store.received.close(
            received, pages=pages, page_count=2, complete=complete, mailboxes=mailboxes
        )

    async def due_in(self) -> timedelta | None:
        return await self.store.outbox.next_due_in()


@asynccontextmanager
async def a_desk(folder: Path):
    async with a_store(folder / "data") as (store, wakeups):
        yield Desk(store, wakeups, folder)


@pytest.fixture
async def desk(tmp_path):
    (tmp_path / "data").mkdir()
    async with a_desk(tmp_path) as desk:
        yield desk


async def test_a_finished_job_is_answered_once(desk):
    job = await desk.a_failed_job()

    assert await desk.worker.run_once() == 1

    assert await desk.worker.run_once() == 0
    (mail,) = desk.mailer.sent
    assert (mail.recipient, mail.mail_from) == ("ann@example.com", "")
    assert mail.message["Subject"] == "Fax to +49301234567 NOT delivered: the line was busy"
    assert mail.message["X-Fax-Job"] == job.id
    assert [part.get_filename() for part in mail.message.iter_attachments()] == ["fax-+49301234567.pdf"]


class EmptyOutbox:
    """Nothing is ever owed; counts who looks."""

    def __init__(self) -> None:
        self.looks = 0

    async def claim(self, **_: object) -> list[Notification]:
        self.looks += 1
        return []

    async def next_due_in(self) -> None:
        return None


async def test_a_worker_that_was_woken_looks_once_and_sleeps_again(tmp_path):
    async with a_store(tmp_path) as (store, wakeups):
        outbox, stopping = EmptyOutbox(), asyncio.Event()
        running = asyncio.create_task(Desk(store, wakeups, tmp_path, outbox).worker.run(stopping))
        await many_turns()
        before = outbox.looks

        wakeups.wake(Topic.NOTIFYING)
        await many_turns()

        assert outbox.looks == before + 1
        stopping.set()
        await running


async def test_who_asked_for_his_mail_gets_it_back_with_the_report_of_a_failure(desk):
    await desk.a_failed_job(JobOptions(notify="FAILURE", ret="FULL"))

    await desk.worker.run_once()

    (mail,) = desk.mailer.sent
    assert mail.message.get_content_type() == "multipart/report"
    assert "Hello" in mail.message.get_payload(2).get_payload(0).as_string()


async def test_a_mail_server_that_refuses_the_returned_mail_gets_the_words(desk):
    await desk.a_failed_job(JobOptions(notify="FAILURE", ret="FULL"))
    desk.mailer.next_send_fails(REFUSES)

    await desk.worker.run_once()

    (mail,) = desk.mailer.sent
    assert len(mail.message.get_payload()) == 2


async def test_nothing_owed_is_nothing_done(desk):
    assert await desk.worker.run_once() == 0


async def test_a_received_fax_goes_to_every_mailbox(desk):
    pages = a_fax(desk.folder / "in.tif", pages=2)
    await desk.a_received_fax("one@example.com", "two@example.com", pages=pages, complete=False)

    await desk.worker.run_once()

    assert {mail.recipient for mail in desk.mailer.sent} == {"one@example.com", "two@example.com"}
    assert desk.mailer.sent[0].message["Subject"] == "INCOMPLETE fax from +4930111"


async def test_a_mail_server_that_is_away_loses_nothing(desk):
    await desk.a_failed_job()
    desk.mailer.next_send_fails(AWAY)
    began = time.monotonic()

    await desk.worker.run_once()

    due_in, taken = await desk.due_in(), timedelta(seconds=time.monotonic() - began + 0.01)
    assert desk.mailer.sent == []
    assert timedelta(minutes=1) - taken <= due_in <= timedelta(minutes=1)


async def test_every_try_is_the_same_mail(desk):
    await desk.a_failed_job()
    (notification,) = await desk.store.outbox.claim(lease=LEASE)
    desk.mailer.next_send_fails(AWAY)

    await desk.worker._one(notification)
    await desk.worker._one(notification)

    (first,), (second,) = desk.mailer.refused, desk.mailer.sent
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.message["Date"] == second.message["Date"]


async def test_after_days_it_is_given_up(desk):
    await desk.a_failed_job()
    desk.mailer.next_send_fails(AWAY)
    desk.clock.advance(timedelta(days=5))

    await desk.worker.run_once()

    assert await desk.due_in() is None


async def test_a_mail_refused_with_the_fax_leaves_without_it(desk):
    await desk.a_failed_job()
    desk.mailer.next_send_fails(REFUSES)

    await desk.worker.run_once()

    (mail,) = desk.mailer.sent
    assert list(mail.message.iter_attachments()) == []
    assert "The fax itself cannot be attached." in mail.message.get_body(("plain",)).get_content()


async def test_a_mail_refused_in_any_form_is_given_up(desk):
    await desk.a_failed_job()
    desk.mailer.next_send_fails(REFUSES, REFUSES)

    await desk.worker.run_once()

    assert desk.mailer.sent == []
    assert await desk.due_in() is None


async def test_a_fax_that_cannot_be_shown_is_told_in_words(desk):
    class BrokenViews(RecordingViews):
        async def to_pdf(self, pages: Path, pdf: Path) -> None:
            raise ValueError("not a TIFF")

    desk.worker._views = BrokenViews()
    await desk.a_failed_job()

    await desk.worker.run_once()

    assert "The fax itself cannot be attached." in desk.mailer.sent[0].message.as_string()


async def test_our_own_bug_with_one_mail_does_not_stop_the_others(desk):
    pages = a_fax(desk.folder / "in.tif")
    await desk.a_received_fax("one@example.com", "two@example.com", pages=pages)
    desk.mailer.next_send_fails(RuntimeError("a bug"))
    began = time.monotonic()

    await desk.worker.run_once()

    due_in, taken = await desk.due_in(), timedelta(seconds=time.monotonic() - began + 0.01)
    assert len(desk.mailer.sent) == 1
    assert due_in >= timedelta(minutes=1) - taken


async def test_it_sleeps_until_it_is_woken_and_stops_when_told(desk):
    stopping = asyncio.Event()
    running = asyncio.create_task(desk.worker.run(stopping))

    await desk.a_failed_job()
    desk.wakeups.wake(Topic.NOTIFYING)
    async with asyncio.timeout(PATIENCE):
        while await desk.due_in() is not None:
            await asyncio.wait([running], timeout=0.01)
    stopping.set()
    async with asyncio.timeout(PATIENCE):
        await running

    assert len(desk.mailer.sent) == 1
