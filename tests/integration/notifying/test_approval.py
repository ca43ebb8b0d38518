"""A fax that waits for somebody's word: the mail, the page behind its link, and the commands."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.schema import MailerSection
from gateway.errors import NotWaiting
from gateway.model.allowance import APPROVAL_NEEDED
from gateway.model.ids import JobId
from gateway.model.job import Failure
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NewNotification, NotificationKind
from gateway.notifying.approval import Ticket, Tickets, decide, key_in
from gateway.notifying.approval_page import ApprovalPage, link_to
from gateway.notifying.worker import NotifyingWorker
from gateway.ports.job_store import Outcome
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import FakeMailer
from tests.fakes.page_views import RecordingViews
from tests.patience import PATIENCE
from tests.stages import ANN, a_received_job, answers

BOSS = "boss@example.com"
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
TICKETS = Tickets(b"key of the tests")


@pytest.fixture
async def page(store):
    async with ApprovalPage("127.0.0.1:0", TICKETS, store.jobs) as page:
        yield page


async def a_waiting_job(store):
    job = await a_received_job(store)
    failure = Failure(APPROVAL_NEEDED, "It has 90 pages.", "The boss has to approve it.")
    owed = (NewNotification(NotificationKind.APPROVAL, BOSS, job_id=job.id),)
    return await store.jobs.record(
        job, JobEvent.WAS_HELD, Outcome(sender=ANN, failure=failure, notifications=owed)
    )


def a_link(page, job, until=SOON) -> str:
    return link_to(f"http://127.0.0.1:{page.port}/", TICKETS, Ticket(job.id, job.version, BOSS, until))


async def opened_page(url: str, post: str | None = None) -> tuple[int, str]:
    """Status and text of a page."""

    def ask():
        data = post.encode() if post is not None else None
        try:
            with urlopen(Request(url, data=data), timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    return await asyncio.to_thread(ask)


async def test_looking_at_the_page_decides_nothing(store, page):
    job = await a_waiting_job(store)

    status, text = await opened_page(a_link(page, job))

    assert status == 200
    assert "ann@example.com wants to send 0 pages. It has 90 pages." in text
    assert (await store.jobs.get(job.id)).state is JobState.HELD


async def test_an_approved_fax_goes_on_once(store, page):
    job = await a_waiting_job(store)
    link = a_link(page, job)

    first, again = await opened_page(link, "decision=approve"), await opened_page(link, "decision=deny")

    released = await store.jobs.get(job.id)
    assert (first[0], again[0]) == (200, 410)
    assert (released.state, released.failure) == (JobState.RECEIVED, None)
    assert released.options.approved_by == BOSS


async def test_a_denied_fax_is_cancelled_and_its_sender_told_by_whom(store, page):
    job = await a_waiting_job(store)

    status, _ = await opened_page(a_link(page, job), "decision=deny")

    denied = await store.jobs.get(job.id)
    assert (status, denied.state) == (200, JobState.CANCELLED)
    assert denied.failure.reason == "boss@example.com did not approve this fax."
    assert (NotificationKind.FAILED, ANN.mail) in await answers(store)


@pytest.mark.parametrize(
    "path", ["", "/", "/approval/", "/approval/abc.def", "/approval/%00", "/../etc/passwd"]
)
async def test_nobody_finds_anything_without_a_link(page, path):
    status, _ = await opened_page(f"http://127.0.0.1:{page.port}{path}")

    assert status == 404


async def test_an_old_link_a_changed_one_and_an_odd_word_decide_nothing(store, page):
    job = await a_waiting_job(store)
    link = a_link(page, job)
    flipped = "A" if link[-1] != "A" else "B"

    old = await opened_page(a_link(page, job, datetime.now(UTC) - timedelta(hours=1)), "decision=approve")
    changed = await opened_page(link[:-2] + flipped + link[-1], "decision=approve")
    odd = await opened_page(link, "decision=maybe")
    long = await opened_page(link, "decision=approve&x=" + "x" * 2000)

    assert [old[0], changed[0], odd[0], long[0]] == [404, 404, 400, 413]
    assert (await store.jobs.get(job.id)).state is JobState.HELD


async def test_only_what_waits_for_an_approval_can_be_approved(store):
    job = await a_received_job(store)

    with pytest.raises(NotWaiting):
        await decide(store.jobs, job.id, approve=True, by="me")
    with pytest.raises(NotWaiting):
        await decide(store.jobs, JobId("none"), approve=True, by="me")


async def test_the_approver_reads_who_sends_what_and_where_he_decides(opened, store, tmp_path):
    job = await a_waiting_job(store)
    mailer = FakeMailer()
    worker = NotifyingWorker(
        outbox=store.outbox,
        jobs=store.jobs,
        received=store.received,
        blobs=store.blobs,
        views=RecordingViews(),
        mailer=mailer,
        wakeups=opened[1],
        clock=FakeClock(datetime.now(UTC)),
        section=MailerSection(sender="fax@example.com"),
        node_name="here",
        approval_link=lambda job, approver: f"https://fax.example.com/approval/{job.id}-{approver}",
    )

    await worker.run_once()

    (sent,) = mailer.sent
    text = sent.message.get_body(("plain",)).get_content()
    assert sent.message["Subject"] == "Please approve a fax to +49301234567"
    assert (
        "Ann Smith <ann@example.com> wants to send a fax that you have to approve. It has 90 pages." in text
    )
    assert f"https://fax.example.com/approval/{job.id}-{BOSS}" in re.sub(r"\s+", " ", text)


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    file = tmp_path / "approval.key"

    key = key_in(file)

    assert len(key) == 32
    assert key_in(file) == key
    assert file.stat().st_mode & 0o777 == 0o600


@given(st.text(max_size=200))
def test_no_text_of_a_stranger_is_a_ticket(text: str):
    assert TICKETS.read(text, SOON) is None


def test_a_ticket_comes_back_as_it_was_issued():
    ticket = Ticket(JobId("01K"), 7, BOSS, SOON)

    assert TICKETS.read(TICKETS.issued(ticket), SOON) == ticket
    assert Tickets(b"another key").read(TICKETS.issued(ticket), SOON) is None
