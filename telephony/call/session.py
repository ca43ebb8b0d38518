"""One call: what is done about each event, in each state. Dialling and answering build on it.

Runs on the event loop; nothing here waits. Every wait has an end: answer, first fax signal, the whole
session, the release.
"""

import random

from telephony.call.ending import Ending
from telephony.call.media import Line
from telephony.call.state import ESTABLISHED, CallState
from telephony.disposition import Disposition
from telephony.engine import OnEvent
from telephony.events import CallAnswered, MediumSwitched, PageConfirmed, SessionNegotiated
from telephony.native.values import Kind, NativeEvent
from telephony.transmission import Medium
from telephony.trunk import T38Policy, Trunk

_FAREWELL = 1.5  # seconds the called side leaves the caller to say BYE
_LAST_PAGE_TIMEOUT = 10.0  # seconds for pages that are on their way to the disk when the session ends
_GLARE_RETRIES = 2
_STATE_OF = {Medium.AUDIO: CallState.AUDIO, Medium.T38: CallState.IMAGE}


class CallSession(Ending):
    """One call. `finished` is its `Transmission`."""

    calling = False  #: we dialled

    def __init__(self, line: Line, trunk: Trunk, on_event: OnEvent, *, pages_owed: int | None) -> None:
        super().__init__(line, trunk, pages_owed=pages_owed)
        self._on_event = on_event
        self._medium: Medium | None = None
        self._glare_left = _GLARE_RETRIES
        self._t38_refused = False  # by the peer: he is not asked again

    # ---- events

    def on_call_event(self, event: NativeEvent) -> None:
        """What the signalling thread saw."""
        if self.state is CallState.RELEASED:
            return
        match event.kind:
            case Kind.PROVISIONAL:
                self._on_provisional(event)
            case Kind.ACCEPTED:
                self._on_accepted(event)
            case Kind.REFUSED:
                self._on_refused(event)
            case Kind.REINVITE:
                self._on_reinvite(event)
            case Kind.REFRESH:
                self._refresh()
            case Kind.ACKED:
                self._on_acked(event)
            case Kind.BYE | Kind.CANCELLED:
                self._on_farewell(event)
            case Kind.TERMINATED:
                self._on_terminated()
            case _:
                pass

    def on_channel_event(self, event: NativeEvent) -> None:
        """What the media thread saw."""
        if self.state is CallState.RELEASED:
            return
        match event.kind:
            case Kind.TONE:
                self._on_tone()
            case Kind.NEGOTIATED:
                self._on_negotiated(event)
            case Kind.PAGE:
                self._on_page(event)
            case Kind.FAX_DONE:
                self._on_fax_done(event)
            case _:
                pass

    def _on_provisional(self, event: NativeEvent) -> None:
        """Only a caller hears of this."""

    def _on_acked(self, event: NativeEvent) -> None:
        """Only the called side hears of this."""

    def _on_accepted(self, event: NativeEvent) -> None:
        if self.state is CallState.RELEASING:
            self._core.hang_up(self._call)  # our CANCEL came too late (RFC 3261 9.1)
        elif self.state is CallState.SWITCHING:
            self._on_switch_answered(event)

    def _on_refused(self, event: NativeEvent) -> None:
        if self.state is not CallState.SWITCHING:
            return
        self._enter(CallState.AUDIO)
        if event.status == 491 and self._glare_left:  # RFC 3261 14.1: the caller waits longer
            self._glare_left -= 1
            low, high = (2.1, 4.0) if self.calling else (0.0, 2.0)
            wait = random.uniform(low, high)  # noqa: S311 - only to avoid meeting again
            self._after("switch", wait, self._ask_for_t38)
        else:
            self._t38_refused = True

    def _on_tone(self) -> None:
        """A fax machine is heard at the far end: who prefers T.38 asks for it, once."""
        self._after("switch", 0.0, self._ask_for_t38)

    # ---- media

    def _open_channel(self) -> bool:
        if self._media.open(self.on_channel_event):
            return True
        self._facts.disposition, self._facts.detail = Disposition.CONGESTED, "no media port is free here"
        return False

    def _follow_medium(self) -> None:
        """State and facts say what is in use now."""
        medium = self._media.medium
        assert medium
        if self.state is not _STATE_OF[medium]:
            self._enter(_STATE_OF[medium])
        before, self._medium = self._medium, medium
        if not self._facts.pages:
            self._facts.medium = medium
        if medium is not before and (before or medium is Medium.T38):
            self._on_event(MediumSwitched(medium))

    def _may_switch(self) -> bool:
        return self._trunk.t38_policy is not T38Policy.NEVER and not self._facts.pages

    def _on_reinvite(self, event: NativeEvent) -> None:
        if event.status or self.state not in ESTABLISHED:
            self._core.respond(self._call, event.status or 488)
            return
        if not event.sdp:  # RFC 3261 14.2: an offer of what holds already
            self._core.respond(self._call, 200, self._media.held_offer())
            return
        answer = self._media.answer_to(event.sdp, may_switch=self._may_switch())
        if answer:
            self._stop_timer("switch")
            self._follow_medium()
            self._core.respond(self._call, 200, answer)
        else:
            self._core.respond(self._call, 488)

    def _refresh(self) -> None:
        """The session timer is set back by an offer of what holds (RFC 4028 7.4)."""
        if self.state in (CallState.AUDIO, CallState.IMAGE):
            self._core.reinvite(self._call, self._media.held_offer())

    def _ask_for_t38(self) -> None:
        too_late = self._facts.negotiated or self._t38_refused
        if self.state is CallState.AUDIO and not too_late:
            self._enter(CallState.SWITCHING)
            self._core.reinvite(self._call, self._media.image_offer())

    def _on_switch_answered(self, event: NativeEvent) -> None:
        if self._t38_refused:
            self._media.take_answer(event.sdp)
        elif not self._media.take_image_answer(event.sdp):
            self._t38_refused = (
                True  # port 0 or the like: no stream is left, so offer audio again (RFC 3264 8)
            )
            self._core.reinvite(self._call, self._media.audio_offer())
            return
        self._follow_medium()

    # ---- the fax session

    def _answered(self) -> None:
        self._follow_medium()
        self._facts.answer()
        self._stop_timer("answer")
        self._after("no fax", self._trunk.no_fax_timeout_s, self._no_fax)
        self._on_event(CallAnswered())

    def _no_fax(self) -> None:
        self._facts.detail = "no fax machine was heard"
        self.hang_up(Disposition.NO_FAX_ANSWERED)

    def _on_negotiated(self, event: NativeEvent) -> None:
        self._stop_timer("no fax")
        self._stop_timer("switch")  # a change of medium would start the session over
        self._facts.negotiated = True
        self._facts.polled = bool(event.sends) and not self.calling
        self._facts.take_session(event)
        self._on_event(SessionNegotiated(event.bit_rate, bool(event.ecm), self._facts.remote_id))

    def _on_page(self, event: NativeEvent) -> None:
        self._facts.medium = self._media.medium  # some peers go back to audio only to say BYE
        self._on_event(PageConfirmed(self._facts.take_page(event)))
        if self._facts.t30_result is not None:
            self._maybe_end()

    def _on_fax_done(self, event: NativeEvent) -> None:
        self._facts.take_result(event)
        self._after("last page", _LAST_PAGE_TIMEOUT, self._end_of_fax)
        self._maybe_end()

    def _maybe_end(self) -> None:
        if not self._facts.awaits_pages:
            self._end_of_fax()

    def _end_of_fax(self) -> None:
        self._stop_timer("last page")
        self._facts.judge(self._pages_owed)
        if self.state is CallState.RELEASING:
            self._release_if_over()
        elif self.calling:
            self.hang_up()
        else:
            self._after("farewell", _FAREWELL, self.hang_up)
