"""A fax from a mail to a distant fax machine and its answer, and one the other way, for real."""

import asyncio

import pytest

from renderers import Profile, SourceDocument, render_now
from tests.e2e.harness import BUSY, OURS
from tests.free_port import a_free_port

pytestmark = pytest.mark.slow

NUMBER = "+49301234567"
TWO_PAGES = "".join(f"Line {line}\n" for line in range(1, 91))


async def test_mails_become_faxes_with_a_cover_page_and_a_fax_becomes_a_mail(world, tmp_path):
    await world.start_gateway("-o", f'cover.numbers=["{NUMBER}=standard"]')
    (tmp_path / "note.txt").write_text("A note\n")
    await asyncio.to_thread(
        render_now, [SourceDocument("note.txt", tmp_path / "note.txt")], Profile(), tmp_path / "note.tif"
    )

    await world.mail(NUMBER, TWO_PAGES)
    await world.mail(BUSY)
    calling = await world.run(
        "fax-machine",
        *("--listen", f"127.0.0.1:{a_free_port()}", "--id", "+49 40 1"),
        *("--dial", f"sip:{OURS}@127.0.0.1:{world.sip}", str(tmp_path / "note.tif")),
        output="calling.log",
    )
    assert await calling.wait() == 0, (tmp_path / "calling.log").read_text()
    await world.until_finished()

    assert world.states() == {NUMBER: "delivered", BUSY: "failed"}
    assert world.received() == {NUMBER: 3}
    told = sorted((answer["Delivered-To"], answer["X-Fax-State"]) for answer in world.answers())
    assert told == [
        ("ann@example.com", "delivered"),
        ("ann@example.com", "failed"),
        ("reception@example.com", "received"),
    ]
    assert await world.stop_gateway() == 0


async def test_the_call_begins_when_the_mail_was_accepted_and_waits_for_no_clock(world):
    await world.start_gateway()
    await world.mail("+491")

    await world.until(lambda: world.state("+491") == "sending")
    with world.database() as database:
        query = """SELECT (julianday(attempt.started_at) - julianday(submission.accepted_at)) * 86400
                   FROM attempt JOIN job ON job.id = attempt.job_id
                   JOIN submission ON submission.id = job.submission_id"""
        await world.until(lambda: database.execute(query).fetchone() is not None)
        (waited,) = database.execute(query).fetchone()

    assert waited < 25  # seconds; the fallback clock of a stage that is not woken up takes 30
