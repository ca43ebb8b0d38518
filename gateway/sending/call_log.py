"""What a call told us while it lasted: the page journal of its attempt, and its facts if it breaks off."""

import asyncio
import logging
from datetime import datetime

from gateway import faxlog
from gateway.errors import StoreUnavailable
from gateway.model.ids import AttemptId, JobId
from gateway.ports.clock import Clock
from gateway.ports.job_store import JobStore
from telephony import CallEvent, Dialled, Disposition, PageConfirmed, PageFacts, Transmission

_log = logging.getLogger("faxgw.sending")


class CallLog:
    """Writes every confirmed page into the journal while the call goes on, until it is closed.

    Pages that are fetched are no pages of the job: they are heard and not written.
    """

    def __init__(
        self,
        attempt_id: AttemptId,
        *,
        job_id: JobId,
        trunk: str,
        jobs: JobStore,
        clock: Clock,
        fetches: bool = False,
    ) -> None:
        self.attempt_id = attempt_id
        self._job_id = job_id
        self._trunk = trunk
        self._fetches = fetches
        self._jobs = jobs
        self._clock = clock
        self._started_at: datetime = clock.now()
        self._call_id = ""
        self._pages: list[PageFacts] = []
        self._to_write: asyncio.Queue[PageFacts | None] = asyncio.Queue()
        self._writer = asyncio.ensure_future(self._write())

    async def close(self) -> None:
        """Every page that was heard of is in the journal, or was tried."""
        self._to_write.put_nowait(None)
        await self._writer

    def hear(self, event: CallEvent) -> None:
        """Takes an event of the call, in order, on the event loop."""
        match event:
            case Dialled(call_id=call_id):
                self._call_id = call_id
            case PageConfirmed(page=page):
                faxlog.page_confirmed(
                    self._job_id,
                    attempt=self.attempt_id,
                    page=page.number,
                    bit_rate=page.bit_rate,
                    rows=page.rows,
                    bad_rows=page.bad_rows,
                )
                self._pages.append(page)
                if not self._fetches:
                    self._to_write.put_nowait(page)
            case _:
                pass

    def broken_off(self, disposition: Disposition, detail: str) -> Transmission:
        """The facts of a call that has no end of its own, as far as they were heard."""
        return Transmission(
            disposition=disposition,
            call_id=self._call_id,
            trunk=self._trunk,
            started_at=self._started_at,
            ended_at=self._clock.now(),
            detail=detail,
            pages=tuple(self._pages),
        )

    async def _write(self) -> None:
        while (page := await self._to_write.get()) is not None:
            try:
                await self._jobs.confirm_page(self.attempt_id, page)
            except StoreUnavailable as error:
                # The end of the call is recorded with all its pages; the journal is for our death.
                _log.warning(
                    "attempt %s: page %d not in the journal: %s", self.attempt_id, page.number, error
                )
