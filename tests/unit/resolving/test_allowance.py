from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import TooExpensive
from gateway.model.allowance import Demand
from gateway.model.ids import JobId, SubmissionId
from gateway.model.job import Job, Sender
from gateway.model.lifecycle import JobState
from gateway.model.notification import NotificationKind
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions
from gateway.model.permission import Permission, Rules
from gateway.model.sender import Person
from gateway.model.tariff import Tariff, Tariffs
from gateway.ports.wakeups import Topic
from gateway.rendering.worker import RenderingWorker
from gateway.resolving.allowance import Allowances
from renderers import Profile, Resolution
from tests.fakes.directory import FakeDirectory
from tests.fakes.renderer import FakeRenderer
from tests.stages import a_resolved_job, a_stage_of, answers

ANN = Sender("ann@example.com")
TWO_PAGES = b"""\
From: ann@example.com
Content-Type: multipart/mixed; boundary=x

--x

Please see the offer.
--x
Content-Type: text/plain; name=offer.txt
Content-Disposition: attachment; filename=offer.txt

100 EUR
--x--
"""
RULES = Rules((Permission("bosses", ("Bosses",)), Permission("all", pages_per_job=1)))


TARIFFS = Tariffs((Tariff("all", per_page=1.0),), "EUR")
CALL = timedelta(minutes=1)


def a_job(number: str = "+49301", approved_by: str = "") -> Job:
    now = datetime.now(UTC)
    options = JobOptions(approved_by=approved_by)
    return Job(
        JobId("1"),
        SubmissionId("1"),
        JobState.RENDERING,
        FaxNumber(number),
        "",
        now,
        now,
        sender=ANN,
        options=options,
    )


@pytest.mark.parametrize(("group", "code"), [("Staff", "too-many-pages-for-sender"), ("Bosses", None)])
async def test_a_permission_limits_the_pages_of_one_fax(group, code):
    directory = FakeDirectory(Person("ann@example.com", groups=frozenset({group})))

    found = await Allowances(RULES, directory)(a_job(), 2, CALL)

    assert getattr(found, "code", None) == code


async def test_no_directory_is_asked_when_nothing_is_limited():
    directory = FakeDirectory()
    directory.is_away = True

    assert await Allowances(Rules((Permission("all"),)), directory)(a_job(), 9, CALL) is None


async def test_a_permission_limits_what_one_fax_costs():
    allowances = Allowances(Rules((Permission("all", cost_per_job=2.5),)), tariffs=TARIFFS)

    refused = await allowances(a_job(), 3, CALL)

    assert isinstance(refused, TooExpensive)
    assert str(refused) == "The fax costs about 3.00 EUR; you may spend 2.50 EUR on one."
    assert await allowances(a_job(), 2, CALL) is None


@pytest.mark.parametrize(
    ("number", "pages", "why"),
    [
        ("+49301", 1, ""),
        ("+49301", 3, "It has 3 pages; more than 2 have to be approved."),
        ("+49301", 2, "It costs about 2.00 EUR; more than 1.50 EUR has to be approved."),
        ("0043 1 5", 1, "Faxes to 0043 1 5 have to be approved."),
    ],
)
async def test_some_faxes_have_to_be_approved(number, pages, why):
    permission = Permission(
        "all", approver="boss@example.com", approve_pages=2, approve_cost=1.5, approve_numbers=("+43",)
    )
    allowances = Allowances(Rules((permission,)), tariffs=TARIFFS)

    assert await allowances(a_job(number), pages, CALL) == (Demand("boss@example.com", why) if why else None)
    assert await allowances(a_job(number, approved_by="boss"), pages, CALL) is None


async def test_a_fax_with_too_many_pages_fails_and_its_sender_is_told(opened, store, tmp_path):
    worker = RenderingWorker(
        jobs=store.jobs,
        blobs=store.blobs,
        renderer=FakeRenderer(),
        profile=Profile(resolution=Resolution.FINE),
        scratch=tmp_path,
        allowance=Allowances(RULES),
    )
    stage = a_stage_of(opened, Topic.RENDERING, worker.work)
    job = await a_resolved_job(store, message=TWO_PAGES)

    await stage.run_once()

    failed = await store.jobs.get(job.id)
    assert (failed.state, failed.failure.code) == (JobState.FAILED, "too-many-pages-for-sender")
    assert failed.failure.reason == "The fax has 2 pages; you may send 1 in one."
    assert [kind for kind, _ in await answers(store)] == [NotificationKind.FAILED]


async def test_a_fax_that_has_to_be_approved_is_held_and_everybody_told(opened, store, tmp_path):
    permission = Permission("all", approver="boss@example.com", approve_pages=1)
    worker = RenderingWorker(
        jobs=store.jobs,
        blobs=store.blobs,
        renderer=FakeRenderer(),
        profile=Profile(resolution=Resolution.FINE),
        scratch=tmp_path,
        allowance=Allowances(Rules((permission,))),
    )
    stage = a_stage_of(opened, Topic.RENDERING, worker.work)
    job = await a_resolved_job(store, message=TWO_PAGES)

    await stage.run_once()

    held = await store.jobs.get(job.id)
    assert (held.state, held.failure.code) == (JobState.HELD, "approval-needed")
    assert held.failure.remedy == "boss@example.com has to approve it."
    assert sorted(await answers(store)) == [
        (NotificationKind.APPROVAL, "boss@example.com"),
        (NotificationKind.DELAYED, "ann@example.com"),
    ]
