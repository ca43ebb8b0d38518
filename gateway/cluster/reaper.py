"""The reaper: jobs of nodes that died come to rest again. Every node has one."""

import asyncio
import logging
from datetime import timedelta
from time import monotonic

from gateway import faxlog
from gateway.errors import StoreUnavailable
from gateway.model.job import Job
from gateway.model.lifecycle import TERMINAL
from gateway.ports.job_store import JobStore

_log = logging.getLogger(__name__)


class Reaper:
    """Looks for expired leases four times in the length of a lease. No wake-up can tell that a node died."""

    def __init__(self, jobs: JobStore, *, lease: timedelta) -> None:
        self._jobs = jobs
        self._interval = lease / 4

    async def run(self) -> None:
        """Reaps for ever."""
        while True:
            await self.run_once()
            if not await self._slept_in_time():
                await self._slept_in_time()

    async def _slept_in_time(self) -> bool:
        """False when this machine stood still: what runs on it renews its leases now."""
        seconds, began = self._interval.total_seconds(), monotonic()
        await asyncio.sleep(seconds)
        return monotonic() - began < 2 * seconds

    async def run_once(self) -> list[Job]:
        """The jobs that were reaped now; none while the database is away."""
        try:
            reaped = await self._jobs.reap()
        except StoreUnavailable as error:
            _log.warning("Expired leases were not looked for: %s", error)
            return []
        for job in reaped:
            faxlog.lease_expired(job)
            if job.state in TERMINAL:  # the page journal had every page
                faxlog.job_finished(job)
        return reaped
