"""The end of a call, which always comes: both sides of it are over, or have been waited for long enough.

A call is a SIP dialog and a fax session, and each may end first. What is done until then is the session's
business.
"""

import asyncio
import contextlib
from collections.abc import Callable

from telephony.call.facts import CallFacts
from telephony.call.media import CallMedia, Line
from telephony.call.state import WAYS, CallState
from telephony.disposition import Disposition
from telephony.native.values import NativeEvent
from telephony.transmission import Transmission
from telephony.trunk import Trunk

RELEASE_TIMEOUT = 8.0  # seconds for the far end to say that it heard our BYE


class Ending:
    """One call, as far as it ends. `finished` is its `Transmission`."""

    def __init__(self, line: Line, trunk: Trunk, *, pages_owed: int | None) -> None:
        self._line, self._core, self._trunk = line, line.core, trunk
        self._pages_owed = pages_owed
        self._loop = asyncio.get_running_loop()
        self.finished: asyncio.Future[Transmission] = self._loop.create_future()
        self.state = CallState.IDLE
        self.sip_call_id = ""
        self.local_id = ""
        self._facts = CallFacts()
        self._media = CallMedia(line, trunk)
        self._call = 0
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._terminated = False  # the SIP dialog is gone

    def _enter(self, state: CallState) -> None:
        if state not in WAYS[self.state]:
            raise AssertionError(f"a call that is {self.state} cannot become {state}")
        self.state = state

    def _after(self, name: str, seconds: float, what: Callable[[], None]) -> None:
        self._stop_timer(name)
        self._timers[name] = self._loop.call_later(seconds, what)

    def _stop_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer:
            timer.cancel()

    async def ended_or_cancelled(self) -> Transmission:
        """The facts of the call once it is over; cancelling hangs up, and waits for the end too."""
        try:
            return await asyncio.shield(self.finished)
        except asyncio.CancelledError:
            self.hang_up(Disposition.CANCELLED)
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(self.finished)
            raise

    def hang_up(self, disposition: Disposition | None = None) -> None:
        """The call is being ended by us; the fax session with it."""
        if self.state in (CallState.RELEASING, CallState.RELEASED):
            return
        if disposition:
            self._facts.disposition = disposition
        self._enter(CallState.RELEASING)
        self._core.hang_up(self._call)
        self._end_session()
        self._after("release", RELEASE_TIMEOUT, self._stop_waiting)

    def _on_farewell(self, event: NativeEvent) -> None:
        if event.cause and not self._facts.q850_cause:
            self._facts.q850_cause = event.cause
        if self.state is not CallState.RELEASING:
            self._enter(CallState.RELEASING)
            self._after("release", RELEASE_TIMEOUT, self._stop_waiting)
        self._end_session()

    def _end_session(self) -> None:
        for name in set(self._timers) - {"last page", "release"}:
            self._stop_timer(name)
        if self._facts.t30_result is None and self._facts.answered_at:
            self._media.end_fax()  # FAX_DONE follows

    def _on_terminated(self) -> None:
        if self.state is not CallState.RELEASING:
            self._enter(CallState.RELEASING)
            self._end_session()
            self._after("release", RELEASE_TIMEOUT, self._stop_waiting)
        self._terminated = True
        self._release_if_over()

    def _release_if_over(self) -> None:
        """Both sides of the call are over: the SIP dialog, and the fax session where there was one."""
        fax_is_over = not self._facts.answered_at or (
            self._facts.t30_result is not None and "last page" not in self._timers
        )
        if self._terminated and fax_is_over:
            self._release()

    def _stop_waiting(self) -> None:
        """The far end said nothing more. Pages on their way to the disk have their own limit."""
        self._terminated = True
        if "last page" not in self._timers:
            self._release()

    def _release(self) -> None:
        if self.state is CallState.RELEASED:
            return
        self._facts.judge(self._pages_owed)
        self._enter(CallState.RELEASED)
        for name in list(self._timers):
            self._stop_timer(name)
        self._media.close()
        self._core.forget(self._call)
        if not self.finished.done():
            facts = self._facts.transmission(
                call_id=self.sip_call_id, trunk=self._trunk.name, local_id=self.local_id
            )
            self.finished.set_result(facts)
