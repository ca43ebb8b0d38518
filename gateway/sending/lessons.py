"""Lessons about numbers: looked up before a call, learned from it, dropped when they did not help."""

import logging
from datetime import timedelta

from gateway.model.destination import STEPS_DOWN, Lesson, Limit, lesson_of
from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent
from gateway.ports.destinations import Destinations
from gateway.ports.job_store import JobStore
from telephony import Disposition, PollOrder, SendOrder, Transmission, Trunk
from telephony.causes import T30Result
from telephony.page_file import whole_pages

_log = logging.getLogger("faxgw.sending")

#: What a job that is given up so shows to have been no help.
_NO_HELP = {
    Disposition.LINE_FAILED: STEPS_DOWN,
    Disposition.INTERRUPTED: STEPS_DOWN,
    Disposition.NO_FAX_ANSWERED: frozenset({Limit.NO_T38}),
}


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
        self, job: Job, transmission: Transmission, used: Trunk, order: SendOrder | PollOrder, event: JobEvent
    ) -> None:
        """The destination is remembered as this call of `order` showed it, over `used` as it was adapted.

        When the job is given up on a bad line, no step down has helped: the next job begins anew.
        """
        if event is JobEvent.GAVE_UP and (no_help := _NO_HELP.get(transmission.disposition)):
            await self._destinations.forget(job.number, *no_help)
            return
        earlier = [call for call in await self._jobs.attempts(job.id) if call.disposition is not None]
        told = transmission.t30_result == T30Result.RESOLUTION_UNSUPPORTED
        lines = _lines(order) if told and isinstance(order, SendOrder) else 0
        lesson = lesson_of(transmission, used, earlier, lines=lines)
        if lesson is not None:
            _log.info("%s: %s (%s %s)", job.number, lesson.reason, lesson.limit, lesson.value or "")
            await self._destinations.learn(job.number, lesson, self._keep)


def _lines(order: SendOrder) -> int:
    """Per inch, of the finest page that was to be sent."""
    return max((page.y_dpi for page in whole_pages(order.pages)[order.first_page - 1 :]), default=0)
