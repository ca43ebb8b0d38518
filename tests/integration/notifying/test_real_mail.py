"""The whole way of an answer: real store, real pages, a real mail server."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.schema import MailerSection
from gateway.mail.smtp import SmtpMailer
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.notifying.worker import NotifyingWorker
from gateway.ports.job_store import Outcome
from gateway.rendering.page_views import RenderedViews
from gateway.stage import answer
from renderers import Profile, RenderPool, SourceDocument
from telephony import Compression, Disposition, Medium, PageFacts, Transmission
from tests.fakes.clock import FakeClock
from tests.fakes.mail_sink import ScriptedMailServer
from tests.stages import LEASE, a_resolved_job, a_store

A_MAIL = b"Message-ID: <m1@example.com>\r\nFrom: Ann <ann@example.com>\r\nSubject: Offer\r\n\r\nHello\r\n"


@pytest.fixture
async def pool():
    async with RenderPool(workers=1, office=False, prewarm=False) as pool:
        yield pool


async def test_a_delivered_fax_is_answered_with_its_pages(tmp_path, pool):
    (tmp_path / "letter.txt").write_text("Dear Ms Farrow,\n\nthe fax itself.\n")
    letter = SourceDocument("letter.txt", tmp_path / "letter.txt", "text/plain")
    now = datetime.now(UTC)
    async with a_store(tmp_path) as (store, wakeups), ScriptedMailServer() as server:
        await a_resolved_job(store, message=A_MAIL)
        (job,) = await store.jobs.claim(JobState.RESOLVED, lease=LEASE)
        rendered = await pool.render([letter], Profile(), tmp_path / "fax.tif")
        pages = Outcome(pages=await store.blobs.put(rendered.path), page_count=1)
        await store.jobs.record(job, JobEvent.PAGES_RENDERED, pages)
        (job,) = await store.jobs.claim(JobState.RENDERED, lease=LEASE)
        await store.jobs.open_attempt(job, trunk="main", first_page=1)
        transmission = Transmission(
            disposition=Disposition.DELIVERED,
            call_id="c1",
            trunk="main",
            started_at=now,
            ended_at=now + timedelta(seconds=40),
            pages=(PageFacts(1, 1728, 2200, 0, 14400, 196),),
            medium=Medium.T38,
            bit_rate=14400,
            ecm=True,
            compression=Compression.MMR,
            remote_id="FAR END",
        )
        outcome = Outcome(transmission=transmission, notifications=answer(job, NotificationKind.DELIVERED))
        await store.jobs.record(job, JobEvent.PAGES_CONFIRMED, outcome)
        section = MailerSection(host="127.0.0.1", port=server.port, sender="fax@example.com")
        async with SmtpMailer(section) as mailer:
            worker = NotifyingWorker(
                outbox=store.outbox,
                jobs=store.jobs,
                received=store.received,
                blobs=store.blobs,
                views=RenderedViews(pool),
                mailer=mailer,
                wakeups=wakeups,
                clock=FakeClock(now),
                section=section,
                node_name="here",
            )

            await worker.run_once()

    (mail,) = server.mails
    assert mail["Subject"] == "Fax to +49301234567 delivered"
    assert mail["In-Reply-To"] == "<m1@example.com>"
    text = mail.get_body(("plain",)).get_content()
    assert "Answered as:     FAR END" in text
    assert "14400 bit/s, with error correction, T.38" in text
    (pdf,) = mail.iter_attachments()
    (tmp_path / "got.pdf").write_bytes(pdf.get_content())
    info = subprocess.run(["pdfinfo", tmp_path / "got.pdf"], capture_output=True, text=True, check=True)
    assert "Pages:           1\n" in info.stdout
    picture = next(iter(mail.get_body(("related",)).iter_attachments()))
    assert picture.get_content().startswith(b"\x89PNG\r\n\x1a\n")
