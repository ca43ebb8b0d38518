"""Notifying: what the outbox owes leaves as mail, at least once, with one Message-ID.

A mail server that is away loses nothing: a notification is tried again, later and later, until
`mailer.give_up_after`. A fax that cannot be shown (a damaged blob, a viewer that fails) is told in words.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage, Message
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from gateway import faxlog
from gateway.config.schema import MailerSection
from gateway.errors import MailerRefused, MailerUnavailable, StoreUnavailable
from gateway.model.ids import BlobRef
from gateway.model.job import Job
from gateway.model.notification import Notification, NotificationKind
from gateway.notifying import words
from gateway.notifying.approval import waits_for_approval
from gateway.notifying.compose import (
    compose_answer,
    compose_approval,
    compose_received,
    compose_refusal,
    compose_summary,
)
from gateway.notifying.letter import Enclosure, Letterhead, Original
from gateway.notifying.original import read_original
from gateway.notifying.report import is_wanted, returned_part
from gateway.ports.blobs import Blobs
from gateway.ports.clock import Clock
from gateway.ports.job_store import JobStore
from gateway.ports.mailer import Mailer
from gateway.ports.outbox import Outbox
from gateway.ports.page_views import PageViews
from gateway.ports.received_log import ReceivedLog
from gateway.ports.wakeups import Listener, Topic, Wakeups

_log = logging.getLogger("faxgw.notifying")

_LEASE = timedelta(minutes=10)  # longer than a mail takes to compose and to be refused by a slow server
_AT_ONCE = 4
_DELAYS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240))  # the last one again and again
_STORE_AWAY = timedelta(seconds=5)
_LOOK_ANYWAY = timedelta(seconds=30)  # a node that dies after its COMMIT wakes nobody
_MAX_PDF = 20 * 1024 * 1024  # bytes; what common mail servers take


class NotifyingWorker:
    """Sends what the outbox owes."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        jobs: JobStore,
        received: ReceivedLog,
        blobs: Blobs,
        views: PageViews,
        mailer: Mailer,
        wakeups: Wakeups,
        clock: Clock,
        section: MailerSection,
        node_name: str,
        timezone: str = "",
        scratch: Path | None = None,
        lease: timedelta = _LEASE,
        approval_link: Callable[[Job, str], str] | None = None,
    ) -> None:
        """`approval_link` is where somebody (a mailbox) can approve a job."""
        self._approval_link = approval_link
        self._outbox = outbox
        self._jobs = jobs
        self._received = received
        self._blobs = blobs
        self._views = views
        self._mailer = mailer
        self._wakeups = wakeups
        self._clock = clock
        self._give_up_after = section.give_up_after
        self._letterhead = Letterhead(section.sender, node_name, ZoneInfo(timezone) if timezone else None)
        self._scratch = scratch
        self._lease = lease

    async def run(self, stopping: asyncio.Event) -> None:
        """Works until `stopping` is set; a mail that is on its way is finished first."""
        listener = self._wakeups.listener(Topic.NOTIFYING)
        while not stopping.is_set():
            pause = await self._sent_what_is_due()
            await _woken_or_stopped(listener, stopping, pause)

    async def _sent_what_is_due(self) -> timedelta:
        """How long there will be nothing to send, as far as is known."""
        try:
            if await self.run_once():
                return timedelta()
            due_in = await self._outbox.next_due_in()
        except StoreUnavailable as error:
            _log.warning("notifying: %s Trying again.", error)
            return _STORE_AWAY
        return _LOOK_ANYWAY if due_in is None else min(due_in, _LOOK_ANYWAY)

    async def run_once(self) -> int:
        """How many notifications were due; each is sent, postponed or given up now."""
        claimed = await self._outbox.claim(lease=self._lease, limit=_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for notification in claimed:
                group.create_task(self._one(notification))
        return len(claimed)

    async def _one(self, notification: Notification) -> None:
        try:
            await self._settle(notification)
        except StoreUnavailable as error:
            _log.warning("notification %s: %s It is due again when its lease ends.", notification.id, error)

    async def _settle(self, notification: Notification) -> None:
        try:
            await self._send(notification)
        except StoreUnavailable:
            raise
        except KeyError as error:
            await self._give_up(notification, f"what it tells about is gone: {error}")
        except MailerRefused as error:
            await self._give_up(notification, str(error))
        except MailerUnavailable as error:
            await self._postpone(notification, str(error))
        except Exception as error:  # noqa: BLE001  # our bug: one mail must not stop the others
            _log.exception("notification %s failed", notification.id)
            await self._postpone(notification, f"{type(error).__name__}: {error}"[:500])
        else:
            await self._outbox.mark_sent(notification.id)
            faxlog.notification_sent(notification)

    async def _postpone(self, notification: Notification, reason: str) -> None:
        delay = _DELAYS[min(notification.tries, len(_DELAYS) - 1)]
        if self._clock.now() + delay > notification.created_at + self._give_up_after:
            await self._give_up(notification, reason)
            return
        await self._outbox.postpone(notification.id, delay, reason)
        faxlog.notification_postponed(notification, delay=delay, reason=reason)

    async def _give_up(self, notification: Notification, reason: str) -> None:
        await self._outbox.give_up(notification.id, reason)
        faxlog.notification_given_up(notification, reason)

    async def _send(self, notification: Notification) -> None:
        enclosure = await self._enclosure(notification)
        try:
            await self._hand_over(notification, enclosure)
        except MailerRefused:
            if enclosure.pdf is None and enclosure.returned is None:
                raise
            # Many servers refuse large mails or any attachment; the words must arrive all the same.
            await self._hand_over(notification, Enclosure(note=words.NOT_ATTACHED))

    async def _hand_over(self, notification: Notification, enclosure: Enclosure) -> None:
        message = await self._compose(notification, enclosure)
        # The null sender: nobody may answer an answer (RFC 3834 3.1, RFC 5321 4.5.5).
        await self._mailer.send(message, mail_from="", recipient=notification.mailbox)

    async def _compose(self, notification: Notification, enclosure: Enclosure) -> EmailMessage:
        if notification.received_id is not None:
            fax = await self._received.get(notification.received_id)
            return compose_received(notification, fax, enclosure, self._letterhead)
        if notification.refusal is not None:
            return compose_refusal(notification, notification.refusal, self._letterhead)
        job = await self._job(notification)
        if notification.kind is NotificationKind.APPROVAL:
            return await self._compose_approval(notification, job, enclosure)
        if notification.kind is NotificationKind.SUMMARY:
            jobs = await self._jobs.of_submission(job.submission_id)
            return compose_summary(notification, jobs, await self._original(job), enclosure, self._letterhead)
        return compose_answer(
            notification,
            job,
            await self._jobs.attempts(job.id),
            original=await self._original(job),
            enclosure=enclosure,
            letterhead=self._letterhead,
        )

    async def _compose_approval(
        self, notification: Notification, job: Job, enclosure: Enclosure
    ) -> EmailMessage:
        if not waits_for_approval(job):
            raise KeyError(f"job {job.id} does not wait for an approval any more")
        return compose_approval(
            notification,
            job,
            original=await self._original(job),
            enclosure=enclosure,
            letterhead=self._letterhead,
            link=self._approval_link(job, notification.mailbox) if self._approval_link else "",
        )

    async def _job(self, notification: Notification) -> Job:
        if notification.job_id is None:
            raise KeyError(f"notification {notification.id} names neither a job nor a received fax")
        return await self._jobs.get(notification.job_id)

    async def _original(self, job: Job) -> Original:
        submission = await self._jobs.submission(job.submission_id)
        try:
            async with self._blobs.file(submission.message) as message:
                return await asyncio.to_thread(read_original, message)
        except (KeyError, OSError) as error:
            _log.warning("job %s: its mail cannot be read, so its answer is not a reply: %s", job.id, error)
            return Original()

    async def _enclosure(self, notification: Notification) -> Enclosure:
        """The fax as PDF and picture, or a note why it is not there."""
        if notification.received_id is not None:
            pages = (await self._received.get(notification.received_id)).pages
        elif notification.refusal is not None:
            return Enclosure()
        else:
            job = await self._job(notification)
            returned = await self._returned(job, notification.kind) if is_wanted(job) else None
            return replace(await self._shown_or_not(notification, job.pages), returned=returned)
        return await self._shown_or_not(notification, pages)

    async def _returned(self, job: Job, kind: NotificationKind) -> Message | None:
        submission = await self._jobs.submission(job.submission_id)
        try:
            async with self._blobs.file(submission.message) as mail:
                return await asyncio.to_thread(returned_part, mail, job, kind)
        except (KeyError, OSError) as error:
            _log.warning("job %s: its mail cannot be read, so it is not returned: %s", job.id, error)
            return None

    async def _shown_or_not(self, notification: Notification, pages: BlobRef | None) -> Enclosure:
        if pages is None:
            return Enclosure()
        try:
            return await self._shown(pages)
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001  # whatever a damaged file does, the words must arrive
            _log.exception("notification %s: the fax %s cannot be shown", notification.id, pages)
            return Enclosure(note=words.NOT_ATTACHED)

    async def _shown(self, ref: BlobRef) -> Enclosure:
        with TemporaryDirectory(dir=self._scratch, prefix="notifying-") as name:
            folder = Path(name)
            pdf, png = folder / "fax.pdf", folder / "page1.png"
            async with self._blobs.file(ref) as pages:
                await self._views.to_pdf(pages, pdf)
                await self._views.picture(pages, png)
            enclosure = Enclosure(picture=png.read_bytes())
            if pdf.stat().st_size > _MAX_PDF:
                return replace(enclosure, note=words.TOO_LARGE)
            return replace(enclosure, pdf=pdf.read_bytes())


async def _woken_or_stopped(listener: Listener, stopping: asyncio.Event, pause: timedelta) -> None:
    waits = [asyncio.ensure_future(stopping.wait()), asyncio.ensure_future(listener.wait(pause))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
            with suppress(asyncio.CancelledError):
                await wait
