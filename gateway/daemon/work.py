"""The role work: everything that happens to a fax between the mail and the line, and the answers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from gateway.cluster.reaper import Reaper
from gateway.cluster.wakeups import open_wakeups
from gateway.config.schema import Config
from gateway.daemon.clock import SystemClock
from gateway.daemon.mailer import open_mailer
from gateway.daemon.process import Ready
from gateway.daemon.scratch import scratch_folder
from gateway.directory import open_directories
from gateway.model.job import Job
from gateway.model.lifecycle import JobState
from gateway.notifying.approval import KEY_FILE, Ticket, Tickets, key_in
from gateway.notifying.approval_page import ApprovalPage, link_to
from gateway.notifying.worker import NotifyingWorker
from gateway.ports.job_store import JobStore
from gateway.ports.wakeups import Topic
from gateway.rendering.contents import attachments_in, texts_in
from gateway.rendering.covers.maker import CoverMaker
from gateway.rendering.page_views import RenderedViews
from gateway.rendering.profiles import profile_of
from gateway.rendering.worker import RenderingWorker
from gateway.resolving.allowance import Allowances
from gateway.resolving.options import MailWishes
from gateway.resolving.resolver import Resolver
from gateway.resolving.splitting import Splitter
from gateway.resolving.worker import ResolvingWorker
from gateway.stage import Stage
from gateway.store import open_store
from renderers import Limits, RenderPool

_log = logging.getLogger("faxgw.daemon")

_RESOLVED_AT_ONCE = 8
_WARM_WITHIN = 5.0  # seconds; mails do not wait at closed doors for a LibreOffice that takes longer
_ANSWERING = 1  # worker of the pool beyond [rendering] workers, so that answers never wait for documents


async def run(config: Config, stopping: asyncio.Event, ready: Ready) -> None:
    """Resolves, renders, answers and reaps until `stopping` is set."""
    limits = Limits(wall_seconds=config.rendering.timeout.total_seconds())
    with scratch_folder(config.node.data_dir, "work") as scratch:
        async with (
            RenderPool(
                workers=config.rendering.workers + _ANSWERING, limits=limits, office=config.rendering.office
            ) as pool,
            open_wakeups(config.queue, config.node) as wakeups,
            open_store(config.queue, config.node, wakeups) as store,
            open_mailer(config) as mailer,
            open_directories(config.directory, config.node, config.queue, SystemClock()) as directory,
            _approvals(config, store.jobs) as approval_link,
        ):
            resolver = ResolvingWorker(
                jobs=store.jobs,
                blobs=store.blobs,
                clock=SystemClock(),
                splitter=Splitter(
                    jobs=store.jobs,
                    queue=store.collection,
                    blobs=store.blobs,
                    plan=config.dialling.plan,
                    ours=(*config.smtp.domains, *config.addresses.mailboxes),
                    section=config.broadcast,
                    wishes_in=MailWishes(config.options.dialects, texts_in),
                    attachments_in=attachments_in,
                ),
                resolver=Resolver(
                    clock=SystemClock(),
                    sending=config.sending,
                    directory=directory,
                    rules=config.rules,
                    section=config.resolving,
                    options=config.options,
                    wishes_in=MailWishes(config.options.dialects, texts_in),
                    trunks=config.trunk,
                ),
            )
            renderer = RenderingWorker(
                jobs=store.jobs,
                blobs=store.blobs,
                renderer=pool,
                profile=profile_of(config.rendering),
                scratch=scratch,
                section=config.rendering,
                allowance=Allowances(config.rules, directory, config.tariffs),
                codes=config.options.dialects,
                covers=CoverMaker(
                    section=config.cover,
                    renderer=pool,
                    profile=profile_of(config.rendering),
                    clock=SystemClock(),
                    rules=config.rules,
                    directory=directory,
                    timezone=config.sending.timezone,
                ),
                cover_or_nothing=config.cover.on_failure == "fail",
            )
            stages = [
                Stage(
                    topic=Topic.RESOLVING,
                    claims=(JobState.RECEIVED,),
                    work=resolver.work,
                    jobs=store.jobs,
                    wakeups=wakeups,
                    lease=config.queue.lease,
                    at_once=_RESOLVED_AT_ONCE,
                ),
                Stage(
                    topic=Topic.RENDERING,
                    claims=(JobState.RESOLVED,),
                    work=renderer.work,
                    jobs=store.jobs,
                    wakeups=wakeups,
                    lease=config.queue.lease,
                    at_once=config.rendering.workers,
                ),
            ]
            notifier = NotifyingWorker(
                outbox=store.outbox,
                jobs=store.jobs,
                received=store.received,
                blobs=store.blobs,
                views=RenderedViews(pool, config.rendering.ocr),
                mailer=mailer,
                wakeups=wakeups,
                clock=SystemClock(),
                section=config.mailer,
                node_name=config.node.identity,
                timezone=config.sending.timezone,
                scratch=scratch,
                lease=config.queue.lease + config.mailer.timeout,
                approval_link=approval_link,
            )
            reaper = Reaper(store.jobs, lease=config.queue.lease)
            if config.rendering.office and not await pool.office_is_warm(_WARM_WITHIN):
                _log.warning("LibreOffice does not run (yet); only office documents need it")
            ready()
            async with asyncio.TaskGroup() as group:
                reaping = group.create_task(reaper.run())
                for stage in stages:
                    group.create_task(stage.run(stopping))
                group.create_task(notifier.run(stopping))
                await stopping.wait()
                reaping.cancel()


@asynccontextmanager
async def _approvals(config: Config, jobs: JobStore) -> AsyncIterator[Callable[[Job, str], str] | None]:
    """Where somebody can approve a job, while the page for it is open; None when there is to be none."""
    section = config.approval
    if not section.listen:
        yield None
        return
    key = key_in(section.key or config.node.data_dir / KEY_FILE)
    tickets, url = Tickets(key), section.url or f"http://{section.listen}"

    def link(job: Job, approver: str) -> str:
        until = SystemClock().now() + section.expires
        return link_to(url, tickets, Ticket(job.id, job.version, approver, until))

    async with ApprovalPage(section.listen, tickets, jobs):
        yield link
