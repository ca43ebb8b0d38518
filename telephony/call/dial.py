"""A call that we make."""

import secrets

from telephony.call.media import Line
from telephony.call.session import CallSession
from telephony.call.state import CallState
from telephony.causes import sip_disposition
from telephony.disposition import Disposition
from telephony.engine import OnEvent, SendOrder
from telephony.events import Dialled, Ringing
from telephony.native.bridge import NativeEvent, SipRequest
from telephony.station import station_id
from telephony.trunk import CallerForm, Extension
from telephony.uri import SipUri, escape_user

_SLOWEST_PAGE = 600.0  # seconds: a dense fine page at 2400 bit/s takes about as long
_CALL_SETUP = 180.0  # seconds
_SIGN = 8.0  # seconds; an INVITE is repeated after 0.5, 1.5, 3.5 and 7.5 s (RFC 3261 17.1.1.2)
_GIVE_UP = 0.5  # seconds for the end of a call that nobody heard of


class OutgoingCall(CallSession):
    """Sends the pages of one order."""

    calling = True

    def __init__(self, line: Line, order: SendOrder, on_event: OnEvent, *, pages_owed: int) -> None:
        super().__init__(line, order.trunk, on_event, pages_owed=pages_owed)
        self._order = order
        self.local_id = station_id(order.local_id)
        self._rang = False

    def dial(self) -> None:
        """The INVITE is on its way; how it goes on is told by events."""
        proxy = SipUri.parse(self._trunk.proxy)
        self._enter(CallState.DIALLING)
        if not self._open_channel():
            self._release()
            return
        order = self._order
        try:
            self._media.start_fax(
                calling=True, file=order.pages, first_page=order.first_page - 1, local_id=self.local_id
            )
            self._invite(proxy)
        except Exception:
            self._release()  # the channel must not outlive a call that never began
            raise
        self._after("sign", _SIGN, self._no_sign)
        self._after("answer", self._trunk.answer_timeout_s, self._no_answer)
        self._after("total", _CALL_SETUP + _SLOWEST_PAGE * (self._pages_owed or 1), self._too_long)
        self._on_event(Dialled(self.sip_call_id))

    def _invite(self, proxy: SipUri) -> None:
        order, address = self._order, self._line.media_address
        self.sip_call_id = f"{secrets.token_hex(12)}@{address}"
        number = escape_user(order.caller_number)
        name = "".join(c for c in order.caller_name if c.isprintable() and c not in '"\\')
        display = f'"{name}" ' if name else ""
        host = self._trunk.caller_host or (f"[{address}]" if ":" in address else address)
        request = SipRequest(
            uri=proxy.with_user(order.number),
            sender=f"{display}<sip:{number or self._trunk.username or 'anonymous'}@{host}>",
            to=f"<{proxy.address_of(order.number)}>",
            sip_call_id=self.sip_call_id,
            route=self._trunk.route,
            headers=_caller_headers(self._trunk.caller_form, f"<sip:{number}@{host}>") if number else (),
            username=self._trunk.username,
            password=self._trunk.password,
            supported=self._trunk.extensions(Extension.SUPPORT),
            require=self._trunk.extensions(Extension.REQUIRE),
            session_expires_s=self._session_expires(),
        )
        self._call = self._core.invite(self.on_call_event, request, self._media.audio_offer())

    def _session_expires(self) -> int:
        wanted = self._trunk.session_timer is Extension.REQUIRE
        return round(self._trunk.session_expires_s) if wanted else 0

    def _no_sign(self) -> None:
        """Nobody has so much as said 100: another trunk is tried sooner than SIP itself gives up."""
        self._facts.detail = f"the trunk said nothing for {_SIGN:.0f} seconds"
        self.hang_up(Disposition.TRUNK_UNAVAILABLE)
        self._after("release", _GIVE_UP, self._stop_waiting)

    def _no_answer(self) -> None:
        self._facts.detail = f"no answer within {self._trunk.answer_timeout_s:.0f} seconds"
        self.hang_up(Disposition.NO_ANSWER if self._rang else Disposition.TRUNK_UNAVAILABLE)

    def _too_long(self) -> None:
        self._facts.detail = "the call took longer than its pages can need"
        self.hang_up(Disposition.INTERRUPTED if self._facts.pages else Disposition.LINE_FAILED)

    def _on_provisional(self, event: NativeEvent) -> None:
        self._stop_timer("sign")
        if event.status > 100 and self.state is CallState.DIALLING:
            self._rang = True
            self._enter(CallState.EARLY)
            self._on_event(Ringing(event.status))

    def _on_accepted(self, event: NativeEvent) -> None:
        if self.state not in (CallState.DIALLING, CallState.EARLY):
            super()._on_accepted(event)
            return
        self._stop_timer("sign")
        self._facts.sip_status = event.status
        if self._media.take_answer(event.sdp):
            self._answered()
        else:
            self._facts.detail = self._media.problem or "the answer names no medium that a fax can use"
            self.hang_up(Disposition.INCOMPATIBLE)

    def _on_refused(self, event: NativeEvent) -> None:
        if self.state not in (CallState.DIALLING, CallState.EARLY, CallState.RELEASING):
            super()._on_refused(event)
            return
        facts = self._facts
        facts.sip_status, facts.q850_cause = event.status or None, event.cause or None
        if facts.disposition is None:
            facts.disposition = sip_disposition(event.status, event.cause, rang=self._rang)
            facts.detail = f"{event.status} {event.text}" if event.status else f"no answer: {event.text}"


def _caller_headers(form: CallerForm, address: str) -> tuple[str, ...]:
    match form:
        case CallerForm.ASSERTED:
            return (f"P-Asserted-Identity: {address}",)
        case CallerForm.DIVERSION:
            return (f"Diversion: {address};reason=unconditional;privacy=off",)
        case _:
            return ()
