"""The wishes of a mail are with its job once it is resolved."""

from datetime import UTC, datetime, timedelta

from gateway.config.schema import SendingSection
from gateway.model.lifecycle import JobState
from gateway.ports.wakeups import Topic
from gateway.rendering.contents import texts_in
from gateway.resolving.options import MailWishes
from gateway.resolving.resolver import Resolver
from gateway.resolving.worker import ResolvingWorker
from tests.fakes.clock import FakeClock
from tests.stages import a_received_job, a_stage_of

NOW = datetime.now(UTC)
TOMORROW = NOW + timedelta(days=1)
MAIL = f"""\
From: ann@example.com
X-Faxgw-Send-At: {TOMORROW:%Y-%m-%d %H:%M:%S}Z
X-Faxgw-Cover: blue
X-Faxgw-Colour: blue
Subject: Offer [::b=4711]

Hello
"""


async def resolved(opened, message: bytes, dialects: list[str]):
    store, _ = opened
    job = await a_received_job(store, message=message)
    worker = ResolvingWorker(
        jobs=store.jobs,
        blobs=store.blobs,
        clock=FakeClock(NOW),
        resolver=Resolver(
            clock=FakeClock(NOW), sending=SendingSection(), wishes_in=MailWishes(dialects, texts_in)
        ),
    )
    stage = a_stage_of(opened, Topic.RESOLVING, worker.work)
    await stage.run_once()
    return await store.jobs.get(job.id)


async def test_a_job_rests_until_its_time_and_knows_what_was_asked_for(opened):
    job = await resolved(opened, MAIL.encode(), ["faxgw", "gfi"])

    assert job.state is JobState.RESOLVED
    assert timedelta(hours=23) < job.due_at - NOW < timedelta(hours=25)
    assert job.options.billing_code == "4711"
    assert job.options.cover == "blue"
    assert job.options.not_done == ("x-faxgw-colour: blue",)


async def test_a_dialect_that_is_off_changes_nothing(opened):
    job = await resolved(opened, MAIL.encode(), [])

    assert not job.options
    assert job.due_at - NOW < timedelta(hours=1)


async def test_wishes_that_are_not_read_are_told(opened):
    fields = "".join(f"X-Field-{number}: something\r\n" for number in range(15_000))
    job = await resolved(opened, f"{fields}X-Faxgw-Cover: blue\r\n\r\nHello".encode(), ["faxgw"])

    assert job.options.not_done == ("what stands behind the first 256 KB of the header",)
