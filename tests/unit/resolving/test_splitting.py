"""A mail that names its recipients becomes a fax for each of them, once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.schema import BroadcastSection, SendingSection
from gateway.model.dialling import DialPlan
from gateway.model.envelope import Envelope
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.model.number import IN_THE_MAIL
from gateway.model.options import JobOptions
from gateway.model.permission import Permission, Rules
from gateway.model.submission import NewSubmission, Recipient
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic
from gateway.rendering.contents import attachments_in, texts_in
from gateway.resolving.options import MailWishes
from gateway.resolving.resolver import Resolver
from gateway.resolving.splitting import Splitter
from gateway.resolving.worker import ResolvingWorker
from tests.fakes.clock import FakeClock
from tests.stages import ANN, a_stage_of, answers
from tests.unit.rendering import smime_files

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


def a_stage(opened, section=None):
    store, _ = opened
    wishes, clock = MailWishes(["faxgw", "rightfax"], texts_in), FakeClock(datetime.now(UTC))
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
            ours=["fax.example.com"],
            section=section or BroadcastSection(),
            wishes_in=wishes,
            attachments_in=attachments_in,
        ),
    )
    return a_stage_of(opened, Topic.RESOLVING, worker.work, at_once=8)


async def submitted(store, message: bytes = LIST, **options) -> None:
    recipient = Recipient("list@fax.example.com", IN_THE_MAIL, options=JobOptions(**options))
    envelope = Envelope(ANN.mail, (recipient.address,))
    await store.jobs.submit(NewSubmission(envelope, (recipient,), "test"), message)


async def test_an_encrypted_mail_without_a_number_is_refused_and_its_sender_reads_why(opened, store):
    head, _, body = LIST.partition(b"Content-Type:")
    above = head.decode().replace("\n", "\r\n")
    cms = smime_files.encrypted(b"Content-Type:" + body)
    await submitted(store, smime_files.mail(cms, "enveloped-data", above=above))

    await a_stage(opened).run_once()

    (job,) = await store.jobs.list()
    assert (job.failure.code, job.failure.reason, job.failure.remedy) == (
        "encrypted-mail",
        "The mail is encrypted, so that the numbers in it cannot be read.",
        "Send it again without encryption. Nothing was faxed.",
    )


async def test_a_list_that_cannot_be_read_is_refused_and_its_sender_reads_why(opened, store):
    await submitted(store, LIST.replace(b"+4930200,Bob", b'+4930200,"Bob'))

    await a_stage(opened).run_once()

    (job,) = await store.jobs.list()
    assert job.state is JobState.FAILED
    assert job.failure.code == "unreadable-list"
    assert job.failure.reason.endswith('in the line that begins with: +4930200,"Bob,none')


async def test_a_list_without_a_number_that_can_be_dialled_says_why(opened, store):
    await submitted(store, LIST.partition(b"+4930100")[0] + b"nonsense,Eve,\n,Bob,\n--x--\n")

    await a_stage(opened).run_once()

    (job,) = await store.jobs.list()
    assert job.failure.reason == (
        "No fax number was found in this mail. nonsense Eve: Not a fax number. Bob: Not a fax number."
    )


@pytest.mark.parametrize(("notify", "told"), [("NEVER", 0), ("SUCCESS", 0), ("SUCCESS,FAILURE", 1), ("", 1)])
async def test_rows_that_cannot_be_dialled_are_told_to_those_who_want_to_hear_of_failures(
    opened, store, notify, told
):
    await submitted(store, notify=notify)

    await a_stage(opened).run_once()

    assert len(await answers(store)) == told


async def test_more_than_a_hundred_bad_rows_are_counted(opened, store):
    bad = b"".join(b"nonsense,%d,\n" % n for n in range(150))
    await submitted(store, LIST.replace(b"nonsense,Eve,\n", bad))

    await a_stage(opened).run_once()

    (answer,) = await store.outbox.claim(lease=timedelta(minutes=1), limit=10)
    assert len(answer.refusal.reasons) == 101
    assert answer.refusal.reasons[-1] == "50 more rows of the list were left out for such reasons."


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
