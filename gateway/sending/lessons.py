"""Lessons about numbers: looked up before a call, learned from it, dropped when they did not help."""

import logging
from collections.abc import Collection
from datetime import timedelta

from gateway.model.destination import STEPS_DOWN, Lesson, adapted, lesson_of
from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent
from gateway.ports.destinations import Destinations
from gateway.ports.job_store import JobStore
from telephony import Disposition, Transmission, Trunk

_log = logging.getLogger("faxgw.sending")

_LINE = frozenset({Disposition.LINE_FAILED, Disposition.INTERRUPTED})


class Lessons:
    """What the next call to a number does otherwise than the trunk is set."""

    def __init__(self, destinations: Destinations, jobs: JobStore, keep: timedelta) -> None:
        self._destinations = destinations
        self._jobs = jobs
        self._keep = keep

    async def about(self, job: Job) -> list[Lesson]:
        """What is known about the number of the job."""
        return await self._destinations.lessons(job.number)

    async def learn(
        self, job: Job, transmission: Transmission, trunk: Trunk, known: Collection[Lesson], event: JobEvent
    ) -> None:
        """The destination is remembered as this call over `trunk` showed it.

        When the job is given up on a bad line, no step down has helped: the next job begins anew.
        """
        if event is JobEvent.GAVE_UP and transmission.disposition in _LINE:
            await self._destinations.forget(job.number, *STEPS_DOWN)
            return
        earlier = [call for call in await self._jobs.attempts(job.id) if call.disposition is not None]
        lesson = lesson_of(transmission, adapted(trunk, known), earlier)
        if lesson is not None:
            _log.info("%s: %s (%s %s)", job.number, lesson.reason, lesson.limit, lesson.value or "")
            await self._destinations.learn(job.number, lesson, self._keep)
