import pytest

from gateway.model.job import Sender
from gateway.model.lifecycle import JobState
from gateway.model.notification import NotificationKind
from gateway.model.permission import Permission, Rules
from gateway.model.sender import Person
from gateway.ports.wakeups import Topic
from gateway.rendering.worker import RenderingWorker
from gateway.resolving.page_limit import PageLimits
from gateway.stage import Stage
from renderers import Profile, Resolution
from tests.fakes.directory import FakeDirectory
from tests.fakes.renderer import FakeRenderer
from tests.stages import LEASE, a_resolved_job, a_store, answers

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


@pytest.mark.parametrize(("group", "limit"), [("Staff", 1), ("Bosses", 0)])
async def test_a_permission_limits_the_pages_of_one_fax(group, limit):
    directory = FakeDirectory(Person("ann@example.com", groups=frozenset({group})))

    assert await PageLimits(RULES, directory)(ANN) == limit


async def test_no_directory_is_asked_when_nothing_is_limited():
    directory = FakeDirectory()
    directory.is_away = True

    assert await PageLimits(Rules((Permission("all"),)), directory)(ANN) == 0


async def test_a_fax_with_too_many_pages_fails_and_its_sender_is_told(tmp_path):
    async with a_store(tmp_path) as (store, wakeups):
        worker = RenderingWorker(
            jobs=store.jobs,
            blobs=store.blobs,
            renderer=FakeRenderer(),
            profile=Profile(resolution=Resolution.FINE),
            scratch=tmp_path,
            page_limit_of=PageLimits(RULES),
        )
        stage = Stage(
            topic=Topic.RENDERING,
            claims=(JobState.RESOLVED,),
            work=worker.work,
            jobs=store.jobs,
            wakeups=wakeups,
            lease=LEASE,
            at_once=1,
        )
        job = await a_resolved_job(store, message=TWO_PAGES)

        await stage.run_once()

        failed = await store.jobs.get(job.id)
        assert (failed.state, failed.failure.code) == (JobState.FAILED, "too-many-pages-for-sender")
        assert failed.failure.reason == "The fax has 2 pages; you may send 1 in one."
        assert [kind for kind, _ in await answers(store)] == [NotificationKind.FAILED]
