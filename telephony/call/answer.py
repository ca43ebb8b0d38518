"""A call that comes in."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from telephony.call.ending import RELEASE_TIMEOUT
from telephony.call.media import Line
from telephony.call.session import CallSession
from telephony.call.state import CallState
from telephony.disposition import Disposition
from telephony.engine import Offer, OnEvent
from telephony.native.values import Kind, NativeEvent
from telephony.station import station_id
from telephony.transmission import Transmission
from telephony.trunk import CalledForm, CallerForm, T38Policy, Trunk
from telephony.uri import plain_number, user_in

_CNG_TIMEOUT = 3.0  # seconds; a calling machine may be silent (manual dialling): then ask for T.38 unheard
_RINGING = 60.0  # seconds in which somebody must take or refuse the call
_ACK_TIMEOUT = 35.0  # seconds; 64*T1 of RFC 3261 13.3.1.4 and a little
_TOTAL = 4 * 3600.0  # seconds


class SipIncomingCall(CallSession):
    """A call that rings, then receives pages; see `telephony.engine.IncomingCall`."""

    def __init__(self, line: Line, trunk: Trunk, invite: NativeEvent) -> None:
        super().__init__(line, trunk, lambda _: None, pages_owed=None)
        self._offer_sdp = invite.sdp
        self._call = invite.id
        self.sip_call_id = invite.sip_call_id
        self._called, self._caller = _called(trunk, invite), _caller(trunk, invite)
        self._enter(CallState.RINGING)
        self._asked_unheard = False
        self._core.adopt(self._call, self.on_call_event)
        self._after("ringing", _RINGING, self._nobody_takes_it)

    @property
    def call_id(self) -> str:
        """SIP Call-ID."""
        return self.sip_call_id

    @property
    def called(self) -> str:
        """The number that was called, from where the trunk says it; else the Request-URI's, else To's."""
        return self._called

    @property
    def caller(self) -> str:
        """The number that calls, from where the trunk says it; "" when it is anonymous."""
        return self._caller

    async def reject(self, sip_status: int) -> None:
        """The call is refused with `sip_status`."""
        self.refuse(sip_status)
        await asyncio.shield(self.finished)

    def refuse(self, sip_status: int) -> None:
        """The refusal is on its way, if the call still rings."""
        if self.state is not CallState.RINGING:
            return
        self._facts.sip_status = sip_status
        self._enter(CallState.RELEASING)
        self._core.respond(self._call, sip_status)
        self._end_session()
        self._after("release", RELEASE_TIMEOUT, self._stop_waiting)

    async def receive(
        self, pages: Path, *, local_id: str, on_event: OnEvent, offers: Sequence[Offer] = ()
    ) -> Transmission:
        """The call is answered and its pages are in `pages`; see `telephony.engine.IncomingCall`."""
        self._on_event = on_event
        self.local_id = station_id(local_id)
        if self.state is CallState.RINGING:
            self._answer(pages, offers)
        return await self.ended_or_cancelled()

    def _answer(self, pages: Path, offers: Sequence[Offer]) -> None:
        self._stop_timer("ringing")
        if not self._open_channel():
            self.refuse(503)
            return
        self._media.start_fax(calling=False, file=pages, local_id=self.local_id, offers=offers)
        self._after("total", _TOTAL, self.hang_up)
        if not self._offer_sdp:  # the caller leaves the offer to us (RFC 3264 4); its answer comes with ACK
            self._core.respond(self._call, 200, self._media.audio_offer())
            self._after("answer", _ACK_TIMEOUT, self._no_ack)
            return
        answer = self._media.answer_to(self._offer_sdp, may_switch=self._may_switch())
        if answer:
            self._core.respond(self._call, 200, answer)
            self._answered()
        else:
            self._facts.disposition, self._facts.detail = Disposition.INCOMPATIBLE, self._media.problem
            self.refuse(488)

    def _no_ack(self) -> None:
        self._facts.detail = "the caller did not acknowledge our answer"
        self.hang_up(Disposition.LINE_FAILED)

    def _nobody_takes_it(self) -> None:
        self._facts.detail = "the call rang here and was not taken"
        self.refuse(480)

    def _on_acked(self, event: NativeEvent) -> None:
        if self.state is CallState.RINGING:
            self._take_late_answer(event)
        if (
            self.state is CallState.AUDIO
            and self._trunk.t38_policy is T38Policy.PREFER
            and not self._asked_unheard
        ):
            self._asked_unheard = True
            dialling = self._trunk.dtmf_wait_s if self._trunk.dtmf_digits else 0.0
            self._after("switch", _CNG_TIMEOUT + dialling, self._ask_for_t38)

    def _take_late_answer(self, event: NativeEvent) -> None:
        if self._media.take_answer(event.sdp):
            self._answered()
        else:
            self._facts.detail = self._media.problem or "the answer names no medium that a fax can use"
            self.hang_up(Disposition.INCOMPATIBLE)

    def _on_farewell(self, event: NativeEvent) -> None:
        if not self._facts.answered_at or event.kind is Kind.CANCELLED:  # our answer may have come too late
            self._facts.detail = "the caller gave up before the call was answered"
        super()._on_farewell(event)


def _called(trunk: Trunk, invite: NativeEvent) -> str:
    said = {CalledForm.TO: invite.to_user, CalledForm.DIVERSION: user_in(invite.diversion)}
    return plain_number(said.get(trunk.called_from, "") or invite.request_user or invite.to_user)


def _caller(trunk: Trunk, invite: NativeEvent) -> str:
    said = {CallerForm.ASSERTED: user_in(invite.asserted), CallerForm.DIVERSION: user_in(invite.diversion)}
    caller = plain_number(said.get(trunk.caller_from, "") or invite.from_user)
    return "" if caller.lower() == "anonymous" else caller
