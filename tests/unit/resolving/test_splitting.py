"""A mail that names its recipients becomes a fax for each of them, once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.config.schema import BroadcastSection, SendingSection
from gateway.model.dialling import DialPlan
from gateway.model.envelope import Envelope
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.model.number import IN_THE_MAIL
from gateway.model.permission import Permission, Rules
from gateway.model.submission import NewSubmission, Recipient
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic
from gateway.resolving.options import MailWishes
from gateway.resolving.resolver import Resolver
from gateway.resolving.splitting import Splitter
from gateway.resolving.worker import ResolvingWorker
from gateway.stage import Stage
from tests.fakes.clock import FakeClock
from tests.stages import ANN, LEASE, a_store, answers

LIST = b"""\
From: Ann Smith <ann@example.com>
Subject: Offer
X-Faxgw-Note: Dear {name}
Content-Type: multipart/mixed; boundary=x

--x

Hello
--x
Content-Type: text/csv; name=list.csv
Content-Disposition: attachment; filename=list.csv

number,name,cover
+4930100,Ann,
+4930200,Bob,none
+4930100,Ann again,
nonsense,Eve,
+49900100,Premium,
--x--
"""


@pytest.fixture
async def opened(tmp_path):
    async with a_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def store(opened):
    return opened[0]


def a_stage(opened, section=None):
    store, wakeups = opened
    wishes, clock = MailWishes(["faxgw", "rightfax"]), FakeClock(datetime.now(UTC))
    worker = ResolvingWorker(
        jobs=store.jobs,
        blobs=store.blobs,
        clock=clock,
        resolver=Resolver(
            clock=clock,
            sending=SendingSection(),
            wishes_in=wishes,
            rules=Rules((Permission("all", deny=("+49900",)),)),
        ),
        splitter=Splitter(
            jobs=store.jobs,
            queue=store.collection,
            blobs=store.blobs,
            plan=DialPlan(),
            domains=["fax.example.com"],
            section=section or BroadcastSection(),
            wishes_in=wishes,
        ),
    )
    return Stage(
        topic=Topic.RESOLVING,
        claims=(JobState.RECEIVED,),
        work=worker.work,
        jobs=store.jobs,
        wakeups=wakeups,
        lease=LEASE,
        at_once=8,
    )


async def submitted(store, message: bytes = LIST) -> None:
    recipient = Recipient("list@fax.example.com", IN_THE_MAIL)
    envelope = Envelope(ANN.mail, (recipient.address,))
    await store.jobs.submit(NewSubmission(envelope, (recipient,), "test"), message)


async def test_each_number_of_a_list_gets_a_fax_with_its_own_options(opened, store):
    await submitted(store)

    await a_stage(opened).run_once()

    jobs = {job.number.digits: job for job in await store.jobs.list()}
    assert set(jobs) == {"in-the-mail", "+4930100", "+4930200", "+49900100"}
    assert jobs["in-the-mail"].state is JobState.CANCELLED
    assert (jobs["+4930100"].recipient_name, jobs["+4930100"].options.note) == ("Ann", "Dear Ann")
    assert (jobs["+4930200"].options.cover, jobs["+4930200"].options.note) == ("none", "Dear Bob")
    assert jobs["+4930100"].options.without == "list.csv"
    assert await answers(store) == [(NotificationKind.FAILED, ANN.mail)]


async def test_the_recipients_are_judged_one_by_one_and_answered_together(opened, store):
    await submitted(store)
    stage = a_stage(opened)
    await stage.run_once()
    await answers(store)

    await stage.run_once()

    states = {job.number.digits: job.state for job in await store.jobs.list()}
    assert states["+49900100"] is JobState.FAILED
    assert states["+4930100"] is states["+4930200"] is JobState.RESOLVED
    assert await answers(store) == []
    for job in await store.jobs.list(JobState.RESOLVED):
        failed = (await store.jobs.get(job.id), NotificationKind.FAILED)
        await store.jobs.record(failed[0], JobEvent.WAS_CANCELLED, an_end(failed[0]))
    assert await answers(store) == [(NotificationKind.SUMMARY, ANN.mail)]


async def test_a_list_is_split_once_although_the_node_dies_meanwhile(opened, store):
    await submitted(store)
    job = (await store.jobs.list())[0]
    await a_stage(opened).run_once()
    before = len(await store.jobs.list())
    message = (await store.jobs.submission(job.submission_id)).message

    async with store.blobs.file(message) as file:
        again = NewSubmission(Envelope(ANN.mail, ()), (), "test")
        taken = await store.collection.take(f"list {job.id}", file, again)

    assert taken.submission_id is not None
    assert len(await store.jobs.list()) == before


@pytest.mark.parametrize(
    ("message", "most", "reason"),
    [
        (b"Subject: x\r\n\r\ny", 9, "No fax number was found in this mail."),
        (LIST, 2, "The mail names 3 recipients; one may name 2."),
    ],
)
async def test_a_mail_that_names_nobody_or_too_many_is_refused(opened, store, message, most, reason):
    await submitted(store, message)

    await a_stage(opened, BroadcastSection(max_recipients=most)).run_once()

    (job,) = await store.jobs.list()
    assert (job.state, job.failure.reason) == (JobState.FAILED, reason)


async def test_a_site_may_want_an_answer_for_each(opened, store):
    await submitted(store)
    stage = a_stage(opened, BroadcastSection(answer="each"))
    await stage.run_once()
    await answers(store)

    await stage.run_once()

    assert await answers(store) == [(NotificationKind.FAILED, ANN.mail)]


def an_end(job) -> Outcome:
    from gateway.model.job import Failure
    from gateway.stage import refusal

    return refusal(replace(job, sender=ANN), Failure("busy", "It was busy.", "Try later."))
