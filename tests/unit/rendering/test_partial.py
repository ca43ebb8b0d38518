"""Mails of which not every document can be faxed."""

import pytest

from gateway.config.schema import RenderingSection
from gateway.model.job import Failure
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.model.options import JobOptions
from gateway.ports.job_store import Outcome
from renderers import (
    ConverterCrashed,
    ConverterTimedOut,
    DocumentDamaged,
    DocumentProtected,
    RenderPool,
    TooManyPages,
)
from tests.stages import ANN, LEASE, a_resolved_job, answers, some_received_jobs
from tests.unit.rendering.mails import TWO_DOCUMENTS, a_stage

WITH_NOTE = RenderingSection(on_partial="send_rest_with_note")
PROTECTED = DocumentProtected("offer.txt")


@pytest.mark.parametrize("section", [WITH_NOTE])
async def test_the_rest_is_sent_with_a_note_that_names_what_is_missing(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)
    renderer.fails_on("offer.txt", PROTECTED)

    await stage.run_once()

    rendered = await store.jobs.get(job.id)
    assert (rendered.state, rendered.page_count) == (JobState.RENDERED, 2)
    assert [name for name, _ in renderer.documents[-1]] == ["mail.txt", "note.txt"]
    assert b'The document "offer.txt" is protected by a password.' in renderer.documents[-1][1][1]


@pytest.mark.parametrize("section", [WITH_NOTE])
async def test_the_sender_of_the_rest_is_told_what_is_missing_and_what_to_do(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)
    renderer.fails_on("offer.txt", PROTECTED)

    await stage.run_once()

    failure = (await store.jobs.get(job.id)).failure
    assert (failure.code, failure.reason, failure.remedy) == (
        "partly-sent",
        'Part of the mail could not be faxed. The document "offer.txt" is protected by a password.',
        "Send it again without one.",
    )
    assert 'left out: The document "offer.txt" is protected' in (await store.jobs.trace(job.id))[-1].text


THIRD = b"--x\nContent-Disposition: attachment; filename=list.txt\n\n1 pump\n--x--"
DAMAGED = DocumentDamaged("list.txt")


async def test_a_sender_whose_fax_is_not_sent_reads_of_every_document_that_failed(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS.replace(b"--x--", THIRD))
    renderer.fails_on("offer.txt", PROTECTED)
    renderer.fails_on("list.txt", DAMAGED)

    await stage.run_once()

    failed = await store.jobs.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.failure == Failure(
        "document-protected",
        'The document "offer.txt" is protected by a password. '
        'The document "list.txt" is damaged and cannot be read.',
        '"offer.txt": Send it again without one. '
        '"list.txt": Open it on your computer, save it again, and send the new file.',
    )


async def test_a_fax_that_took_too_long_names_the_document_that_did(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)
    renderer.next_document_fails(ConverterTimedOut())
    renderer.fails_on("offer.txt", ConverterTimedOut("offer.txt"))

    await stage.run_once()

    failed = await store.jobs.get(job.id)
    assert failed.failure.reason == 'The document "offer.txt" took too long to be turned into fax pages.'


async def test_after_three_documents_that_take_too_long_the_others_are_not_tried(stage, store, renderer):
    message = TWO_DOCUMENTS
    for name in ("one", "two", "three", "four"):
        message = message.replace(b"--x--", THIRD.replace(b"list", name.encode()))
    job = await a_resolved_job(store, message=message)
    for name in ("one.txt", "two.txt", "three.txt"):
        renderer.fails_on(name, ConverterTimedOut(name))

    await stage.run_once()

    assert [[name for name, _ in documents] for documents in renderer.documents] == [
        ["mail.txt"],
        ["offer.txt"],
    ]
    failure = (await store.jobs.get(job.id)).failure
    assert failure.reason.endswith(
        'The document "four.txt" was not tried: too many others of the mail failed.'
    )
    assert failure.remedy.endswith('"four.txt": Send it in a mail of its own.')


@pytest.mark.parametrize("section", [WITH_NOTE])
async def test_of_very_many_documents_that_fail_fifty_are_tried_and_named(stage, store, renderer):
    message = TWO_DOCUMENTS
    for n in range(300):
        message = message.replace(b"--x--", THIRD.replace(b"list", b"list%d" % n))
        renderer.fails_on(f"list{n}.txt", DocumentDamaged(f"list{n}.txt"))
    job = await a_resolved_job(store, message=message)

    await stage.run_once()

    rendered = await store.jobs.get(job.id)
    assert rendered.state is JobState.RENDERED
    assert rendered.failure.reason.endswith(
        'The document "list49.txt" is damaged and cannot be read. 250 more could not be faxed.'
    )
    assert renderer.documents[-1][-1][1].count(b"\n- ") == 51


async def test_documents_that_take_too_long_only_together_are_sent(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)
    renderer.next_document_fails(ConverterTimedOut())

    await stage.run_once()

    rendered = await store.jobs.get(job.id)
    assert (rendered.state, rendered.page_count, rendered.failure) == (JobState.RENDERED, 2, None)


@pytest.mark.parametrize("section", [WITH_NOTE])
async def test_a_remedy_names_its_documents_where_there_are_several(stage, store, renderer):
    fourth = THIRD.replace(b"list", b"plan")
    message = TWO_DOCUMENTS.replace(b"--x--", THIRD).replace(b"--x--", fourth)
    job = await a_resolved_job(store, message=message)
    renderer.fails_on("offer.txt", PROTECTED)
    renderer.fails_on("list.txt", DAMAGED)
    renderer.fails_on("plan.txt", DocumentProtected("plan.txt"))

    await stage.run_once()

    assert (await store.jobs.get(job.id)).failure.remedy == (
        '"offer.txt", "plan.txt": Send it again without one. '
        '"list.txt": Open it on your computer, save it again, and send the new file.'
    )


@pytest.mark.parametrize("section", [WITH_NOTE])
async def test_the_limit_a_sender_reads_is_that_of_the_whole_fax(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)
    renderer.makes_of("mail.txt", 4)
    renderer.makes_of("offer.txt", 9)

    await stage.run_once()

    reason = (await store.jobs.get(job.id)).failure.reason
    assert reason.endswith('With the document "offer.txt" the fax has more than 10 pages.')


@pytest.mark.parametrize("section", [WITH_NOTE])
async def test_the_page_that_tells_what_is_missing_does_not_count(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)
    renderer.makes_of("mail.txt", 10)
    renderer.fails_on("offer.txt", PROTECTED)

    await stage.run_once()

    assert (await store.jobs.get(job.id)).page_count == 11


@pytest.mark.parametrize("section", [WITH_NOTE])
@pytest.mark.parametrize(
    "error",
    [ConverterTimedOut("offer.txt"), ConverterCrashed("offer.txt"), TooManyPages.over(10, "offer.txt")],
)
async def test_whatever_fails_one_document_does_not_stop_the_others(stage, store, renderer, error):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)
    renderer.fails_on("offer.txt", error)

    await stage.run_once()

    assert (await store.jobs.get(job.id)).failure.reason.endswith(error.sentence)


@pytest.mark.parametrize("section", [WITH_NOTE])
async def test_when_nothing_can_be_sent_the_job_fails_as_ever(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)
    renderer.fails_on("mail.txt", DocumentProtected("mail.txt"))
    renderer.fails_on("offer.txt", PROTECTED)

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.FAILED


@pytest.mark.parametrize("section", [WITH_NOTE])
async def test_documents_that_are_too_long_together_are_sent_as_far_as_they_fit(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)
    renderer.makes_of("mail.txt", 8)
    renderer.makes_of("offer.txt", 3)

    await stage.run_once()

    rendered = await store.jobs.get(job.id)
    assert rendered.page_count == 9
    assert "offer.txt" in rendered.failure.reason


@pytest.mark.parametrize("section", [RenderingSection(on_partial="hold")])
async def test_a_fax_that_is_not_complete_is_held_and_says_why(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)
    renderer.fails_on("offer.txt", PROTECTED)

    await stage.run_once()

    held = await store.jobs.get(job.id)
    assert (held.state, held.failure.code) == (JobState.HELD, "partly-sent")
    assert held.failure.reason.endswith('The document "offer.txt" is protected by a password.')
    assert (await store.jobs.trace(job.id))[-1].text.startswith('The document "offer.txt" is protected')
    assert await answers(store) == [(NotificationKind.DELAYED, "ann@example.com")]


@pytest.mark.parametrize("section", [RenderingSection(on_partial="hold")])
async def test_a_list_whose_faxes_are_held_is_not_answered_for_each_of_them(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS, options=JobOptions(summary=True))
    renderer.fails_on("offer.txt", PROTECTED)

    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.HELD
    assert await answers(store) == []


@pytest.mark.parametrize("section", [RenderingSection(on_partial="hold")])
async def test_an_operator_who_releases_a_held_fax_sends_the_rest_of_it(stage, store, renderer):
    job = await a_resolved_job(store, message=TWO_DOCUMENTS)
    renderer.fails_on("offer.txt", PROTECTED)
    await stage.run_once()

    await resolved_again(store, await store.jobs.get(job.id))
    await stage.run_once()

    rendered = await store.jobs.get(job.id)
    assert rendered.state is JobState.RENDERED
    assert "offer.txt" in rendered.failure.reason


@pytest.mark.parametrize("section", [RenderingSection(on_partial="hold")])
async def test_a_released_fax_of_which_more_is_missing_now_is_held_again(stage, store, renderer):
    message = TWO_DOCUMENTS.replace(b"--x--", THIRD)
    job = await a_resolved_job(store, message=message)
    renderer.fails_on("offer.txt", PROTECTED)
    await stage.run_once()

    renderer.fails_on("list.txt", PROTECTED)
    await resolved_again(store, await store.jobs.get(job.id))
    await stage.run_once()

    assert (await store.jobs.get(job.id)).state is JobState.HELD


async def resolved_again(store, held):
    """A held job, released by an operator and resolved as before."""
    await store.jobs.record(held, JobEvent.WAS_RELEASED, Outcome())
    (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
    await store.jobs.record(job, JobEvent.SENDER_RESOLVED, Outcome(sender=held.sender))


async def test_every_job_of_the_mail_is_told_what_is_missing(opened, tmp_path):
    store, _ = opened
    message = TWO_DOCUMENTS.replace(b"100 EUR", b"\0\1\2")
    await some_received_jobs(store, "+491", "+492", message=message)
    for job in await store.jobs.claim(JobState.RECEIVED, lease=LEASE, limit=2):
        await store.jobs.record(job, JobEvent.SENDER_RESOLVED, Outcome(sender=ANN))

    async with RenderPool(workers=1, office=False, prewarm=False) as pool:
        stage = a_stage(opened, pool, tmp_path, WITH_NOTE)
        await stage.run_once()
        await stage.run_once()

    first, second = await store.jobs.list(JobState.RENDERED)
    assert first.failure == second.failure
    assert first.failure.code == "partly-sent"
    assert first.page_count == 2


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("de-AT", ("DIESES FAX IST NICHT VOLLSTÄNDIG", "- offer.txt: durch ein Kennwort geschützt")),
        ("fr", ("CETTE TÉLÉCOPIE EST INCOMPLÈTE", "- offer.txt: protégé par un mot de passe")),
        ("nl", ("THIS FAX IS NOT COMPLETE", '- The document "offer.txt" is protected by a password.')),
    ],
)
async def test_the_note_is_in_the_language_of_the_mail(opened, store, renderer, tmp_path, language, says):
    await a_resolved_job(store, message=b"Content-Language: " + language.encode() + b"\n" + TWO_DOCUMENTS)
    renderer.fails_on("offer.txt", DocumentProtected("offer.txt"))

    await a_stage(opened, renderer, tmp_path, WITH_NOTE).run_once()

    name, text = renderer.documents[-1][-1]
    assert name == "note.txt"
    assert all(line in text.decode() for line in says)
