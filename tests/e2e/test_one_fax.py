"""A fax from a mail to a distant fax machine and its answer, and one the other way, for real."""

import asyncio

import pytest

from renderers import Profile, SourceDocument, render_now
from tests.e2e.harness import BUSY, OURS, a_world
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.free_port import a_free_port

pytestmark = pytest.mark.slow

NUMBER = "+49301234567"
TWO_PAGES = "".join(f"Line {line}\n" for line in range(1, 91))


async def test_mails_become_faxes_with_a_cover_page_and_a_fax_becomes_a_mail(world, tmp_path):
    await world.start_gateway(*("-o", f'cover.numbers=["{NUMBER}=standard"]', "-o", "rendering.office=true"))
    (tmp_path / "note.txt").write_text("A note\n")
    await asyncio.to_thread(
        render_now, [SourceDocument("note.txt", tmp_path / "note.txt")], Profile(), tmp_path / "note.tif"
    )

    await world.mail(NUMBER, TWO_PAGES)
    await world.mail(BUSY, options=["NOTIFY=FAILURE", "ORCPT=rfc822;Bob@example.com"])
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
    (report,) = (answer for answer in world.answers() if answer.get_content_type() == "multipart/report")
    assert "Original-Recipient: rfc822; Bob@example.com" in report.as_string()
    assert "Action: failed" in report.as_string()
    assert await world.stop_gateway() == 0


async def test_a_mail_fetches_what_lies_ready_elsewhere_and_ours_is_fetched_too(tmp_path):
    ready = draw_fax(tmp_path / "ready.tif", [Sheet(rows=200)] * 2)
    (tmp_path / "password").write_text("4711\n")
    ours = f"polling.{OURS.removeprefix('+')}"
    async with a_world(tmp_path, machine=("--offer", str(ready), "--password", "4711")) as world:
        await world.start_gateway(
            *("-o", f"{ours}.document={ready}", "-o", f"{ours}.password_file={tmp_path / 'password'}")
        )

        await world.mail(NUMBER, fields={"X-Faxgw-Poll": "on", "X-Faxgw-Poll-Password": "4711"})
        calling = await world.run(
            "fax-machine",
            *("--listen", f"127.0.0.1:{a_free_port()}", "--password", "4711"),
            *("--poll", f"sip:{OURS}@127.0.0.1:{world.sip}", "--spool", str(tmp_path / "fetched")),
            output="calling.log",
        )
        assert await calling.wait() == 0, (tmp_path / "calling.log").read_text()
        await world.until_finished()

        assert pictures(tmp_path / "fetched" / "polled.tif") == pictures(ready)
        assert world.states() == {NUMBER: "delivered"}
        (answer,) = world.answers()
        told = answer["Delivered-To"], answer["X-Fax-State"], answer["X-Fax-Caller"], answer["X-Fax-Pages"]
        assert told == ("ann@example.com", "received", NUMBER, "2")
        assert [part.get_content_type() for part in answer.iter_attachments()] == ["application/pdf"]
        assert await world.stop_gateway() == 0


async def test_the_call_begins_when_the_mail_was_accepted_and_waits_for_no_clock(world):
    await world.start_gateway()
    waited = []
    with world.database() as database:
        query = """SELECT (julianday(min(attempt.started_at)) - julianday(submission.accepted_at)) * 86400
                   FROM attempt JOIN job ON job.id = attempt.job_id
                   JOIN submission ON submission.id = job.submission_id
                   WHERE job.number = ? GROUP BY job.id"""
        for number in ("+491", "+492", "+493", "+494"):
            await world.mail(number)
            await world.until(lambda number=number: database.execute(query, [number]).fetchone() is not None)
            waited += database.execute(query, [number]).fetchone()

    assert min(waited[1:]) < 10  # of whom comes right behind another one a clock would say 30
