"""Jobs with cover pages: the mail's pages are made once, each job has its own page before them."""

from dataclasses import replace

import pytest

from gateway.config.schema import CoverSection
from gateway.errors import TooManyPagesForSender
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.model.options import JobOptions
from gateway.model.permission import Permission, Rules
from gateway.model.sender import Person
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic
from gateway.rendering.covers.maker import CoverMaker
from gateway.rendering.worker import RenderingWorker
from renderers import ConverterCrashed, ConverterTimedOut, Profile
from telephony import PageFacts
from tests.fakes.clock import FakeClock
from tests.fakes.directory import FakeDirectory
from tests.fakes.renderer import FakeRenderer
from tests.stages import ANN, LEASE, a_stage_of, answers, some_received_jobs

PERSON = Person(ANN.mail, company="ACME", phone="+49 30 1", language="de-DE", groups=frozenset({"Sales"}))
FIELDS = ("to_number", "from", "from_company", "subject", "note", "pages", "date", "language")
HTML = "|".join(f"{{{{ {field} }}}}" for field in FIELDS)


@pytest.fixture
def renderer():
    return FakeRenderer()


@pytest.fixture
def covers(tmp_path):
    folder = tmp_path / "covers"
    folder.mkdir()
    (folder / "own.html").write_text(HTML)
    return CoverSection(template="own", folder=folder)


@pytest.fixture
def run(opened, renderer, tmp_path):
    """Renders all jobs of a mail to these numbers, with these options, as the section wants."""

    async def run(section, *numbers, options=None, limit=0, rules=None):
        store, _ = opened

        async def pages_allowed(_, pages, __):
            return TooManyPagesForSender() if limit and pages > limit else None

        worker = RenderingWorker(
            jobs=store.jobs,
            blobs=store.blobs,
            renderer=renderer,
            profile=Profile(),
            scratch=tmp_path,
            allowance=pages_allowed,
            covers=CoverMaker(
                section=section,
                renderer=renderer,
                clock=FakeClock(),
                rules=rules,
                directory=FakeDirectory(PERSON),
                timezone="UTC",
            ),
            cover_or_nothing=section.on_failure == "fail",
        )
        stage = a_stage_of(opened, Topic.RENDERING, worker.work)
        if not await store.jobs.list():
            await some_received_jobs(store, *(numbers or ("+491",)))
        for job in await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=9):
            outcome = Outcome(sender=ANN, options=options or JobOptions())
            await store.jobs.record(job, JobEvent.SENDER_RESOLVED, outcome)
        for _ in numbers or ("+491",):
            await stage.run_once()
        return await store.jobs.list()

    return run


def covers_in(renderer):
    """The texts of the cover pages that were made."""
    return [
        documents[0][1].decode()
        for documents in renderer.documents
        if documents[0][0].startswith("cover page")
    ]


async def test_the_body_of_a_mail_to_several_numbers_is_rendered_once_and_each_has_its_cover_page(
    run, covers, renderer, store
):
    jobs = await run(covers, "+491", "+492")

    bodies = [documents for documents in renderer.documents if documents[0][0] == "mail.txt"]
    assert len(bodies) == 1
    assert sorted(covers_in(renderer)) == [
        "+491|Ann Smith|ACME|Offer||2|2026-03-02|de",
        "+492|Ann Smith|ACME|Offer||2|2026-03-02|de",
    ]
    assert [(job.state, job.page_count) for job in jobs] == [(JobState.RENDERED, 2)] * 2
    submission = await store.jobs.submission(jobs[0].submission_id)
    assert submission.page_count == 1
    assert submission.pages not in {job.pages for job in jobs}


async def test_the_trace_says_which_cover_page_and_why(run, covers, store):
    (job,) = await run(covers, options=JobOptions(cover="own"))

    trace = (await store.jobs.trace(job.id))[-1].text
    assert "cover page own.html (as the sender asked)" in trace


async def test_the_group_of_the_sender_chooses(run, covers, renderer):
    rules = Rules((Permission("sales", groups=("Sales",), cover="own"),))

    await run(replace(covers, template="none"), rules=rules)

    assert len(covers_in(renderer)) == 1


async def test_what_the_sender_wrote_for_the_cover_page_stands_on_it(run, covers, renderer):
    await run(covers, options=JobOptions(subject="Bid", note="Urgent", sender_name="Sales"))

    assert covers_in(renderer)[0].startswith("+491|Sales|ACME|Bid|Urgent|")


async def test_who_gets_the_fax_is_called_as_the_sender_asks(run, covers, renderer, tmp_path):
    (tmp_path / "covers" / "own.html").write_text("{{ to }}|{{ company }}|")

    await run(covers, options=JobOptions(to_name="Carl Orff", to_company="Doe Ltd"))

    assert covers_in(renderer)[0].startswith("Carl Orff|Doe Ltd|")


async def test_without_a_cover_page_its_sender_is_told_what_was_written_for_it_in_vain(run, covers, renderer):
    (job,) = await run(covers, options=JobOptions(cover="none", note="Urgent"))

    assert not covers_in(renderer)
    assert job.page_count == 1
    assert job.options.not_done == ("note=Urgent",)


async def test_a_template_nobody_knows_is_told_and_the_usual_one_taken(run, covers, renderer):
    (job,) = await run(covers, options=JobOptions(cover="blue"))

    assert len(covers_in(renderer)) == 1
    assert job.options.not_done == ("cover=blue",)


async def test_a_cover_of_several_pages_says_how_many_there_are(run, covers, renderer):
    renderer.makes_of("cover page own.html", 2)

    (job,) = await run(covers)

    assert job.page_count == 3
    assert covers_in(renderer)[-1].split("|")[5] == "3"


async def test_cover_pages_do_not_count_towards_what_a_sender_may_send(run, covers):
    (job,) = await run(covers, limit=1)

    assert (job.state, job.page_count) == (JobState.RENDERED, 2)


@pytest.mark.parametrize(
    ("on_failure", "state", "mails"),
    [
        ("hold", JobState.HELD, []),
        ("fail", JobState.FAILED, [(NotificationKind.FAILED, ANN.mail)]),
        ("send_without", JobState.RENDERED, []),
    ],
)
async def test_a_template_with_a_mistake_loses_no_fax(run, covers, store, on_failure, state, mails):
    (covers.folder / "own.html").write_text("{{ nothing }}")

    (job,) = await run(replace(covers, on_failure=on_failure))

    assert job.state is state
    assert await answers(store) == mails
    trace = (await store.jobs.trace(job.id))[-1].text
    assert 'own.html could not be made: there is no field "nothing"' in trace


async def test_a_cover_page_that_takes_too_long_holds_the_fax(run, covers, renderer, store):
    renderer.fails_on("cover page own.html", ConverterTimedOut("cover page own.html"))

    (job,) = await run(covers)

    assert job.state is JobState.HELD
    assert "took too long" in (await store.jobs.trace(job.id))[-1].text


async def test_a_crash_over_a_cover_page_gets_a_second_chance(run, covers, renderer):
    renderer.fails_once_on("cover page own.html", ConverterCrashed("cover page own.html"))

    (job,) = await run(covers)

    assert (job.state, job.page_count) == (JobState.RENDERED, 2)


async def test_pages_of_which_some_arrived_are_never_made_again(run, covers, renderer, store):
    (job,) = await run(covers)
    (sending,) = await store.jobs.claim(JobState.RENDERED, lease=LEASE)
    attempt = await store.jobs.open_attempt(sending, trunk="main", first_page=1)
    await store.jobs.confirm_page(attempt, PageFacts(1, 1728, 8, 0, 14400, 196))
    held = await store.jobs.record(sending, JobEvent.WAS_HELD)
    await store.jobs.record(held, JobEvent.WAS_RELEASED)
    made = len(renderer.documents)

    (again,) = await run(replace(covers, template="none"))

    assert len(renderer.documents) == made
    assert (again.state, again.pages, again.page_count) == (JobState.RENDERED, job.pages, 2)
    assert again.pages_confirmed == 1
