"""A call that comes in."""

from pathlib import Path

from telephony.call.session import CallSession, Line
from telephony.call.state import CallState
from telephony.disposition import Disposition
from telephony.engine import OnEvent
from telephony.native.bridge import NativeEvent
from telephony.sdp.audio import usable_audio
from telephony.sdp.image import usable_image
from telephony.station import station_id
from telephony.transmission import Transmission
from telephony.trunk import T38Policy, Trunk

_CNG_TIMEOUT = 3.0  # seconds; a calling machine may be silent (manual dialling): then ask for T.38 unheard
_TOTAL = 4 * 3600.0  # seconds
_PHRASES = {
    404: "Not Found",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    488: "Not Acceptable Here",
    503: "Service Unavailable",
}


class SipIncomingCall(CallSession):
    """A call that rings, then receives pages; see `telephony.engine.IncomingCall`."""

    def __init__(self, line: Line, trunk: Trunk, invite: NativeEvent) -> None:
        super().__init__(line, trunk, lambda _: None, pages_owed=None)
        self._offer_sdp = invite.sdp
        self._call = invite.id
        self.sip_call_id = invite.sip_call_id
        self._called = invite.request_user or invite.to_user
        self._caller = "" if invite.from_user.lower() == "anonymous" else invite.from_user
        self._enter(CallState.RINGING)
        self._core.adopt(self._call, self.on_call_event)

    @property
    def call_id(self) -> str:
        """SIP Call-ID."""
        return self.sip_call_id

    @property
    def called(self) -> str:
        """The user part of the Request-URI, else of To."""
        return self._called

    @property
    def caller(self) -> str:
        """The user part of From; "" when it is anonymous."""
        return self._caller

    async def reject(self, sip_status: int) -> None:
        """The call is refused with `sip_status`."""
        if self.state is CallState.RINGING:
            self._enter(CallState.RELEASING)
            self._core.respond(self._call, sip_status, _PHRASES.get(sip_status, "Rejected"))
            self._after("release", 8.0, self._release)
        await self.finished

    async def receive(self, pages: Path, *, local_id: str, on_event: OnEvent) -> Transmission:
        """The call is answered and its pages are in `pages`; see `telephony.engine.IncomingCall`."""
        self._on_event = on_event
        self.local_id = station_id(local_id)
        if self.state is CallState.RINGING:
            self._answer(pages)
        try:
            return await self.finished
        finally:
            if not self.finished.done():
                self.hang_up(Disposition.CANCELLED)

    def _answer(self, pages: Path) -> None:
        if not self._open_channel():
            self._core.respond(self._call, 503, _PHRASES[503])
            self._enter(CallState.RELEASING)
            self._after("release", 8.0, self._release)
            return
        assert self._ports
        self._core.start_fax(
            self._ports.channel,
            calling=False,
            file=pages,
            first_page=0,
            local_id=self.local_id,
            ecm=self._trunk.ecm,
            max_bit_rate=self._trunk.max_bit_rate,
            wants_tones=self._trunk.t38 is T38Policy.PREFER,
        )
        self._after("total", _TOTAL, self.hang_up)
        if not self._offer_sdp:  # the caller leaves the offer to us (RFC 3264 4); its answer comes with ACK
            self._core.respond(self._call, 200, "OK", self._audio_offer())
            return
        offer = self._parsed(self._offer_sdp)
        answer = self._answer_to(offer) if offer else None
        if answer:
            self._core.respond(self._call, 200, "OK", answer)
            self._answered()
        else:
            self._facts.disposition = Disposition.INCOMPATIBLE
            self._core.respond(self._call, 488, _PHRASES[488])
            self._enter(CallState.RELEASING)
            self._after("release", 8.0, self._release)

    def _on_acked(self, event: NativeEvent) -> None:
        if self.state is CallState.RINGING:
            self._take_late_answer(event)
        if self.state is CallState.AUDIO and self._wants_t38():
            self._after("switch", _CNG_TIMEOUT, self._ask_for_t38)

    def _take_late_answer(self, event: NativeEvent) -> None:
        answer = self._parsed(event.sdp)
        audio = usable_audio(answer) if answer else None
        image = usable_image(answer) if answer else None
        if audio and self._use_audio(audio):
            self._enter(CallState.AUDIO)
            self._answered()
        elif image and self._use_image(image):
            self._enter(CallState.IMAGE)
            self._answered()
        else:
            self.hang_up(Disposition.INCOMPATIBLE)

    def _wants_t38(self) -> bool:
        return self._trunk.t38 is T38Policy.PREFER and "switch" not in self._timers

    def _on_tone(self) -> None:
        """The calling machine is heard: it is a fax."""
        self._after("switch", 0.0, self._ask_for_t38)
