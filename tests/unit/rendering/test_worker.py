"""Mails become the pages of their jobs."""

import asyncio
from datetime import timedelta

from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.model.options import JobOptions
from gateway.model.tariff import call_time
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic
from renderers import (
    ConverterCrashed,
    DocumentProtected,
    Resolution,
)
from tests.stages import ANN, LEASE, a_resolved_job, a_stage_of, answers, some_received_jobs
from tests.unit.rendering.mails import TWO_DOCUMENTS


async def test_text_and_attachments_become_the_pages_of_the_job(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)

    await stage.run_once()

    rendered = await store.jobs.get(job.id)
    assert rendered.state is JobState.RENDERED
    assert rendered.page_count == 2
    assert [[name for name, _ in documents] for documents in renderer.documents] == [
        ["mail.txt", "offer.txt"]
    ]


async def test_a_mail_to_several_numbers_is_rendered_once(stage, store, renderer):
    await some_received_jobs(store, "+491", "+492")
    for job in await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=2):
        await store.jobs.record(job, JobEvent.SENDER_RESOLVED, Outcome(sender=ANN))

    await stage.run_once()
    await stage.run_once()

    first, second = await store.jobs.list(JobState.RENDERED)
    assert first.pages == second.pages
    assert len(renderer.documents) == 1


async def test_a_job_gets_the_resolution_its_sender_asked_for_and_the_others_theirs(stage, store, renderer):
    await some_received_jobs(store, "+491", "+492")
    asked = iter((JobOptions(resolution="standard"), JobOptions()))
    for job in await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=2):
        await store.jobs.record(job, JobEvent.SENDER_RESOLVED, Outcome(sender=ANN, options=next(asked)))

    await stage.run_once()
    await stage.run_once()

    assert {job.options.resolution for job in await store.jobs.list(JobState.RENDERED)} == {"standard", ""}
    assert {profile.resolution for profile in renderer.profiles} == {Resolution.STANDARD, Resolution.FINE}


async def test_a_fax_that_is_fetched_needs_no_pages(stage, store, renderer):
    job = await a_resolved_job(store, message=b"Subject: nothing\r\n\r\n", options=JobOptions(poll=True))

    await stage.run_once()

    rendered = await store.jobs.get(job.id)
    assert (rendered.state, rendered.pages, rendered.page_count) == (JobState.RENDERED, None, 1)


async def test_a_mail_with_a_resolution_of_its_own_is_rendered_once(stage, store, renderer):
    await some_received_jobs(store, "+491", "+492", "+493")
    for job in await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=3):
        wanted = Outcome(sender=ANN, options=JobOptions(resolution="standard"))
        await store.jobs.record(job, JobEvent.SENDER_RESOLVED, wanted)

    for _ in range(3):
        await stage.run_once()

    rendered = await store.jobs.list(JobState.RENDERED)
    assert len({job.pages for job in rendered}) == 1
    assert len(rendered) == 3
    assert len(renderer.documents) == 1


async def test_a_document_that_cannot_be_rendered_fails_the_job_and_says_which_and_what_to_do(
    stage, store, renderer
):
    job = await a_resolved_job(store)
    renderer.next_document_fails(DocumentProtected("offer.pdf"))

    await stage.run_once()

    failed = await store.jobs.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.failure is not None
    assert failed.failure.code == "document-protected"
    assert failed.failure.reason == 'The document "offer.pdf" is protected by a password.'
    assert failed.failure.remedy == "Send it again without one."
    assert await answers(store) == [(NotificationKind.FAILED, "ann@example.com")]


async def test_an_empty_mail_fails_and_says_so(stage, store, renderer):
    job = await a_resolved_job(store, message=b"From: ann@example.com\r\n\r\n")

    await stage.run_once()

    failed = await store.jobs.get(job.id)
    assert failed.failure is not None
    assert (failed.failure.code, failed.failure.reason, failed.failure.remedy) == (
        "nothing-to-fax",
        "There is nothing to fax in this mail.",
        "Write a text or attach a document.",
    )


async def test_a_converter_that_crashes_once_gets_a_second_chance(stage, store, renderer):
    job = await a_resolved_job(store)
    renderer.next_document_fails(ConverterCrashed("mail.txt"))

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.RENDERED


async def test_a_converter_that_crashes_again_fails_the_job(stage, store, renderer):
    job = await a_resolved_job(store)
    renderer.next_document_fails(ConverterCrashed("mail.txt"), ConverterCrashed("mail.txt"))

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.FAILED


async def test_a_bug_of_ours_holds_the_job_for_a_person(stage, store, renderer, caplog):
    job = await a_resolved_job(store)
    renderer.next_document_fails(ZeroDivisionError("a bug"))

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.HELD
    assert "Traceback" in caplog.text
    assert await answers(store) == []


async def test_work_that_is_stopped_is_put_back_at_once(opened, store):
    job = await a_resolved_job(store)
    begun = asyncio.Event()

    async def never(_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    stage = a_stage_of(opened, Topic.RENDERING, never, grace=timedelta())
    stopping = asyncio.Event()
    running = asyncio.ensure_future(stage.run(stopping))
    await begun.wait()

    stopping.set()
    await running

    assert (await store.jobs.get(job.id)).state is JobState.RESOLVED


async def test_the_trace_says_how_long_the_call_will_take(stage, store):
    job = await a_resolved_job(store)

    await stage.run_once()

    assert "the call will take about 16 s" in (await store.jobs.trace(job.id))[-1].text


def test_a_call_takes_its_start_its_pages_and_their_bytes():
    assert call_time(14_400 * 10, 5) == timedelta(seconds=12 + 20 + 80)
