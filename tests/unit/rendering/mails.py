"""A mail with two documents, and the stage that renders it."""

from gateway.ports.wakeups import Topic
from gateway.rendering.worker import RenderingWorker
from renderers import Profile
from tests.stages import a_stage_of

TWO_DOCUMENTS = b"""\
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


def a_stage(opened, renderer, folder, section):
    store, _ = opened
    worker = RenderingWorker(
        jobs=store.jobs,
        blobs=store.blobs,
        renderer=renderer,
        profile=Profile(page_limit=10),
        scratch=folder,
        section=section,
    )
    return a_stage_of(opened, Topic.RENDERING, worker.work, at_once=2)
