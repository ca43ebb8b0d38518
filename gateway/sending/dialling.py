"""The call of one order, over one trunk after the other; what goes wrong in it is an end of the call, too."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

from gateway import faxlog
from gateway.model.destination import Lesson, adapted
from gateway.model.job import Job
from gateway.model.number import FaxNumber
from gateway.sending.call_log import CallLog
from gateway.sending.channels import Channels, is_trunk_failure
from telephony import Disposition, FaxEngine, PollOrder, SendOrder, Transmission
from telephony.errors import EngineClosed, UnreadablePages


class Dialler:
    """Calls the number of an order."""

    def __init__(
        self, engine: FaxEngine, channels: Channels, dialled: Callable[[FaxNumber, str], str]
    ) -> None:
        """`dialled` is how the trunk of a name wants a number."""
        self._engine = engine
        self._channels = channels
        self._dialled = dialled

    async def until_a_trunk_takes_it(
        self, job: Job, order: SendOrder | PollOrder, call: CallLog, lessons: Collection[Lesson]
    ) -> tuple[Transmission, BaseException | None]:
        """The call, over the next trunk when one could not take it; no far end was rung more than once."""
        tried, story = [order.trunk.name], ""
        transmission, fault = await self._dial(order, call)
        while fault is None and is_trunk_failure(transmission):
            story += f"{transmission.trunk}: {transmission.detail or transmission.disposition}; "
            if self._channels.next_trunk(tried) is None:
                break
            with self._channels.taken(tried) as trunk:
                tried.append(trunk.name)
                faxlog.trunk_failed(
                    job, attempt=call.attempt_id, trunk=transmission.trunk, next_trunk=trunk.name
                )
                number = self._dialled(job.number, trunk.name)
                again = replace(order, trunk=adapted(trunk, lessons), number=number)
                transmission, fault = await self._dial(again, call)
        if len(tried) > 1:
            over = "" if is_trunk_failure(transmission) else f"{transmission.trunk}: {transmission.detail}"
            transmission = replace(transmission, detail=(story + over).removesuffix("; ").removesuffix(": "))
        return transmission, fault

    async def _dial(
        self, order: SendOrder | PollOrder, call: CallLog
    ) -> tuple[Transmission, BaseException | None]:
        try:
            if isinstance(order, PollOrder):
                return await self._engine.poll(order, call.hear), None
            return await self._engine.send(order, call.hear), None
        except UnreadablePages as error:
            return call.broken_off(Disposition.BAD_DOCUMENT, str(error)), None
        except EngineClosed as error:
            return call.broken_off(Disposition.CANCELLED, str(error)), None
        except asyncio.CancelledError as stop:
            return call.broken_off(Disposition.CANCELLED, "The gateway hung up to stop."), stop
        except Exception as error:  # noqa: BLE001 - the stage holds the job; its confirmed pages are kept
            return call.broken_off(Disposition.CANCELLED, f"{type(error).__name__}: {error}"[:500]), error
