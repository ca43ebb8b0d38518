"""A call that we make."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from telephony.call.early import EarlyDialogs
from telephony.call.media import Line
from telephony.call.session import CallSession
from telephony.call.state import CallState
from telephony.causes import sip_disposition
from telephony.disposition import TRUNK_FAILURES, Disposition
from telephony.engine import OnEvent, PollOrder, SendOrder
from telephony.events import Dialled, Ringing
from telephony.native.values import NativeEvent, SipRequest
from telephony.station import station_id
from telephony.trunk import CallerForm, EarlyMedia, Extension
from telephony.uri import SipUri, escape_user

_SLOWEST_PAGE = 600.0  # seconds: a dense fine page at 2400 bit/s takes about as long
_MOST_POLLED = 24  # pages; nobody says before how many lie ready: four hours
_CALL_SETUP = 180.0  # seconds
_SIGN = 8.0  # seconds; an INVITE is repeated after 0.5, 1.5, 3.5 and 7.5 s (RFC 3261 17.1.1.2)
_GIVE_UP = 0.5  # seconds for the end of a call that nobody heard of
_REDIRECTS = frozenset({300, 301, 302})  # not 305 and 380: they ask for more than another place
_MOST_REDIRECTS = 3
_REST = 503  # with Retry-After
_SHOWN = 80  # characters of where a call is sent to


class OutgoingCall(CallSession):
    """Sends the pages of one order, or fetches what lies ready for it."""

    calling = True

    def __init__(
        self,
        line: Line,
        order: SendOrder | PollOrder,
        on_event: OnEvent,
        *,
        pages_owed: int | None,
        may_go_to: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`may_go_to` tells whether the trunk may send the call on to a host."""
        super().__init__(line, order.trunk, on_event, pages_owed=pages_owed)
        self._order = order
        self.local_id = station_id(order.local_id)
        self._rang = False
        self._early = EarlyDialogs()
        self._may_go_to, self._redirects_left = may_go_to, _MOST_REDIRECTS

    def dial(self) -> None:
        """The INVITE is on its way; how it goes on is told by events."""
        proxy = SipUri.parse(self._trunk.proxy)
        self._enter(CallState.DIALLING)
        if not self._open_channel():
            self._release()
            return
        order = self._order
        try:
            self._start_fax(order)
            self._invite(proxy)
        except Exception:
            self._release()  # the channel must not outlive a call that never began
            raise
        self._after("answer", self._trunk.answer_timeout_s, self._no_answer)
        self._after("total", _CALL_SETUP + _SLOWEST_PAGE * (self._pages_owed or _MOST_POLLED), self._too_long)
        self._on_event(Dialled(self.sip_call_id))

    def _start_fax(self, order: SendOrder | PollOrder) -> None:
        if polls := isinstance(order, PollOrder):
            narrow, first_page, password = None, 0, order.password
        else:
            narrow, first_page, password = order.narrow, order.first_page - 1, ""
        self._media.start_fax(
            calling=True,
            file=order.pages,
            narrow=narrow,
            local_id=self.local_id,
            first_page=first_page,
            sub_address=order.sub_address,
            polls=polls,
            password=password,
            tones=order.tones,
        )

    def _invite(self, proxy: SipUri) -> None:
        order, address = self._order, self._line.media_address
        self.sip_call_id = self.sip_call_id or f"{secrets.token_hex(12)}@{address}"
        number = escape_user(order.caller_number)
        name = "".join(c for c in order.caller_name if c.isprintable() and c not in '"\\')
        display = f'"{name}" ' if name else ""
        host = self._trunk.caller_host or (f"[{address}]" if ":" in address else address)
        request = SipRequest(
            uri=proxy.with_user(order.number),
            sender=f"{display}<sip:{number or self._trunk.username or 'anonymous'}@{host}>",
            to=f"<{SipUri.parse(self._trunk.proxy).address_of(order.number)}>",
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
        self._after("sign", _SIGN, self._no_sign)

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
        if event.sdp and self.state is CallState.EARLY:
            self._on_early_media(event)

    def _on_early_media(self, event: NativeEvent) -> None:
        """Each branch of a fork that sends audio has a fax session of its own: the last one is talked to.

        Digits are for behind the answer: a call that dials some has no use for a fax machine before.
        """
        self._early.descriptions[event.to_tag] = event.sdp
        if self._trunk.early_media is EarlyMedia.IGNORE or self._order.tones:
            return
        if self._early.began and not self._media.is_in_use(event.sdp):
            self._begin_anew()
        self._early.began = self._media.take_early_answer(event.sdp) or self._early.began

    def _begin_anew(self) -> None:
        self._early.said.clear()
        self._start_fax(self._order)

    def on_channel_event(self, event: NativeEvent) -> None:
        """What the media thread saw; before the answer it is kept until then."""
        if self.state in (CallState.DIALLING, CallState.EARLY):
            self._early.said.append(event)
        else:
            super().on_channel_event(event)

    def _answered(self) -> None:
        super()._answered()
        for event in self._early.said:
            super().on_channel_event(event)

    def _on_accepted(self, event: NativeEvent) -> None:
        if self.state not in (CallState.DIALLING, CallState.EARLY):
            super()._on_accepted(event)
            return
        self._stop_timer("sign")
        self._facts.sip_status = event.status
        sdp = event.sdp or self._early.descriptions.get(event.to_tag, "")  # said before (RFC 3262 5)
        if self._early.began and (self._early.failed or not self._media.is_in_use(sdp)):
            self._begin_anew()
        if self._media.take_answer(sdp):
            self._answered()
        else:
            self._facts.detail = self._media.problem or "the answer names no medium that a fax can use"
            self.hang_up(Disposition.INCOMPATIBLE)

    def _on_refused(self, event: NativeEvent) -> None:
        if self.state not in (CallState.DIALLING, CallState.EARLY, CallState.RELEASING):
            super()._on_refused(event)
            return
        if self._is_led_on(event):
            return
        facts = self._facts
        facts.sip_status, facts.q850_cause = event.status or None, event.cause or None
        if facts.disposition is None:
            facts.disposition = sip_disposition(event.status, event.cause, rang=self._rang)
            facts.detail = f"{event.status} {event.text}" if event.status else f"no answer: {event.text}"
            if event.retry_after:
                facts.retry_after = timedelta(seconds=event.retry_after)
                facts.detail += f", and asks for no call in the next {event.retry_after} s"
            if event.contact:
                facts.detail += f", and sends the call on to {event.contact[:_SHOWN]}, which is not followed"

    @property
    def trunk_asks_for_rest(self) -> bool:
        """Whether the trunk wants no other calls for `retry_after` either (RFC 3261 21.5.4).

        Not when a cause says that the far end is meant, nor when it was another host that said so.
        """
        facts, was_led_on = self._facts, self._redirects_left < _MOST_REDIRECTS
        return facts.sip_status == _REST and facts.disposition in TRUNK_FAILURES and not was_led_on

    def _is_led_on(self, event: NativeEvent) -> bool:
        """A 3xx is followed to hosts of the trunk, with the same number (RFC 3261 8.1.3.4).

        Anything else would let whoever answers have the fax, or another number be called at our expense.
        """
        if event.status not in _REDIRECTS or not self._redirects_left or self.state is CallState.RELEASING:
            return False
        there = SipUri.parse(self._trunk.proxy).elsewhere(event.contact, self._order.number)
        if not there or not self._may_go_to(there.bare_host):
            return False
        self._redirects_left -= 1
        self._core.forget(self._call)
        self._invite(there)
        return True


def _caller_headers(form: CallerForm, address: str) -> tuple[str, ...]:
    match form:
        case CallerForm.ASSERTED:
            return (f"P-Asserted-Identity: {address}",)
        case CallerForm.DIVERSION:
            return (f"Diversion: {address};reason=unconditional;privacy=off",)
        case _:
            return ()
