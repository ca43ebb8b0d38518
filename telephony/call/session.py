"""One call: what is done about each event, in each state. Dialling and answering build on it.

Runs on the event loop; nothing here waits. Every wait has an end: answer, first fax signal, the whole
session, the release.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from telephony.call.state import ESTABLISHED, WAYS, CallState
from telephony.causes import t30_disposition
from telephony.disposition import Disposition
from telephony.engine import OnEvent
from telephony.events import CallAnswered, MediumSwitched, PageConfirmed, SessionNegotiated
from telephony.native.bridge import Kind, NativeCore, NativeEvent, Ports
from telephony.sdp.audio import PAYLOAD_TYPES, audio_offer, choose_codec, usable_audio
from telephony.sdp.description import BadDescription, Description, Media, parse, refused, render
from telephony.sdp.image import agreed, image_answer, image_offer, usable_image
from telephony.transmission import Compression, Medium, PageFacts, Transmission
from telephony.trunk import T38Policy, Trunk

_NO_FAX_TIMEOUT = (
    75.0  # seconds from the answer until fax machines agreed; T.30's T1 and a slow switch fit in
)
_RELEASE_TIMEOUT = 8.0  # seconds for the far end to say that it heard our BYE
_FAREWELL = 1.5  # seconds the called side leaves the caller to say BYE
_LAST_PAGE_TIMEOUT = 10.0  # seconds for pages that are on their way to the disk when the session ends
_GLARE_RETRIES = 2
_COMPRESSIONS = {1: Compression.MH, 2: Compression.MR, 3: Compression.MMR}


@dataclass(frozen=True, slots=True)
class Line:
    """What a call needs from the engine."""

    core: NativeCore
    bind_address: str  #: of RTP and UDPTL sockets
    media_address: str  #: as the peer must see it
    media_ports: tuple[int, int]


@dataclass
class _Facts:
    """What will be the `Transmission`."""

    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    answered_at: datetime | None = None
    disposition: Disposition | None = None
    detail: str = ""
    sip_status: int | None = None
    q850_cause: int | None = None
    t30_result: int | None = None
    pages: list[PageFacts] = field(default_factory=list)
    medium: Medium | None = None
    bit_rate: int = 0
    ecm: bool = False
    compression: Compression | None = None
    remote_id: str = ""
    negotiated: bool = False


class CallSession:
    """One call. `finished` is its `Transmission`."""

    calling = False  #: we dialled, and send the pages

    def __init__(self, line: Line, trunk: Trunk, on_event: OnEvent, *, pages_owed: int | None) -> None:
        self._line, self._core, self._trunk, self._on_event = line, line.core, trunk, on_event
        self._pages_owed = pages_owed
        self._loop = asyncio.get_running_loop()
        self.finished: asyncio.Future[Transmission] = self._loop.create_future()
        self.state = CallState.IDLE
        self.sip_call_id = ""
        self.local_id = ""
        self._facts = _Facts()
        self._call = 0
        self._ports: Ports | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._sections = 1  # m= sections in this dialog so far (RFC 3264 8: there are never fewer)
        self._sdp_id = random.getrandbits(31)
        self._sdp_version = 0
        self._glare_left = _GLARE_RETRIES
        self._pages_announced = 0
        self._terminated = False  # the SIP dialog is gone

    # ---- state and time

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
            self._on_switch_accepted(event)

    def _on_refused(self, event: NativeEvent) -> None:
        if self.state is not CallState.SWITCHING:
            return
        self._enter(CallState.AUDIO)
        if event.status == 491 and self._glare_left:  # RFC 3261 14.1: the caller waits longer
            self._glare_left -= 1
            low, high = (2.1, 4.0) if self.calling else (0.0, 2.0)
            wait = random.uniform(low, high)  # noqa: S311 - only to avoid meeting again
            self._after("switch", wait, self._ask_for_t38)

    def _on_tone(self) -> None:
        """Fax tones were heard: who prefers T.38 asks for it."""

    # ---- media

    def _open_channel(self) -> bool:
        self._ports = self._core.open_channel(
            self._line.bind_address, self._line.media_ports, self.on_channel_event
        )
        if not self._ports:
            self._facts.disposition, self._facts.detail = Disposition.CONGESTED, "no media port is free here"
        return self._ports is not None

    def _sdp(self, *media: Media) -> str:
        self._sdp_version += 1
        padding = tuple(Media("audio", 0, "RTP/AVP", ("8",), "") for _ in range(self._sections - len(media)))
        self._sections = max(self._sections, len(media))
        return render(
            self._line.media_address, (*media, *padding), session_id=self._sdp_id, version=self._sdp_version
        )

    def _audio_offer(self) -> str:
        assert self._ports
        return self._sdp(audio_offer(self._ports.rtp, self._trunk.codecs))

    def _parsed(self, sdp: str) -> Description | None:
        try:
            return parse(sdp) if sdp else None
        except BadDescription as error:
            self._facts.detail = str(error)
            return None

    def _use_audio(self, media: Media) -> str | None:
        """The codec that is in use now, or None."""
        codec = choose_codec(media, self._trunk.codecs)
        assert self._ports
        if codec and self._core.use_audio(
            self._ports.channel, media.address, media.port, PAYLOAD_TYPES[codec]
        ):
            self._facts.medium = Medium.AUDIO
            return codec
        return None

    def _use_image(self, media: Media) -> bool:
        assert self._ports
        parameters = agreed(media)
        done = self._core.use_t38(
            self._ports.channel,
            media.address,
            media.port,
            version=parameters.version,
            max_datagram=parameters.max_datagram,
            redundancy=parameters.redundancy,
            fec_span=parameters.fec_span,
            fec_entries=parameters.fec_entries,
        )
        if done and self._facts.medium is not Medium.T38:
            self._facts.medium = Medium.T38
            self._on_event(MediumSwitched(Medium.T38))
        return done

    def _answer_to(self, offer: Description) -> str | None:
        """Our SDP answer, with the medium it names in use; None when there is nothing in the offer for us."""
        assert self._ports
        image, audio = usable_image(offer), usable_audio(offer)
        answers = {id(media): refused(media) for media in offer.media}
        may_switch = self._trunk.t38 is not T38Policy.NEVER and not self._facts.pages
        holds_t38 = self.state is CallState.IMAGE
        if image and (holds_t38 or (may_switch and (not audio or self.state is not CallState.RINGING))):
            if not self._use_image(image):
                return None
            answers[id(image)] = image_answer(image, self._ports.udptl, self._trunk.max_bit_rate)
            new_state = CallState.IMAGE
        elif audio and (codec := self._use_audio(audio)):
            answers[id(audio)] = audio_offer(self._ports.rtp, (codec,))
            new_state = CallState.AUDIO
        else:
            return None
        if self.state is not new_state:
            self._enter(new_state)
        self._sections = max(self._sections, len(offer.media))
        return self._sdp(*(answers[id(media)] for media in offer.media))

    def _on_reinvite(self, event: NativeEvent) -> None:
        if self.state not in ESTABLISHED:
            self._core.respond(self._call, 488, "Not Acceptable Here")
            return
        if not event.sdp:  # RFC 3261 14.2: an offer of what holds already
            held = self._held_media()
            self._core.respond(self._call, 200, "OK", self._sdp(held))
            return
        offer = self._parsed(event.sdp)
        answer = self._answer_to(offer) if offer else None
        if answer:
            self._stop_timer("switch")
            self._core.respond(self._call, 200, "OK", answer)
        else:
            self._core.respond(self._call, 488, "Not Acceptable Here")

    def _held_media(self) -> Media:
        assert self._ports
        if self.state is CallState.IMAGE:
            return image_offer(self._ports.udptl, self._trunk.max_bit_rate)
        return audio_offer(self._ports.rtp, self._trunk.codecs)

    # ---- the way from audio to T.38

    def _ask_for_t38(self) -> None:
        if self.state is not CallState.AUDIO or self._facts.pages or not self._ports:
            return
        self._enter(CallState.SWITCHING)
        self._core.reinvite(self._call, self._sdp(image_offer(self._ports.udptl, self._trunk.max_bit_rate)))

    def _on_switch_accepted(self, event: NativeEvent) -> None:
        answer = self._parsed(event.sdp)
        image = usable_image(answer) if answer else None
        if image and self._use_image(image):
            self._enter(CallState.IMAGE)
        else:
            self._enter(CallState.AUDIO)  # port 0 or something else: the audio goes on

    # ---- the fax session

    def _answered(self) -> None:
        self._facts.answered_at = datetime.now(UTC)
        self._stop_timer("answer")
        self._after("no fax", _NO_FAX_TIMEOUT, self._no_fax)
        self._on_event(CallAnswered())

    def _no_fax(self) -> None:
        self._facts.detail = "no fax machine was heard"
        self._facts.disposition = Disposition.NO_FAX_ANSWERED
        self.hang_up()

    def _on_negotiated(self, event: NativeEvent) -> None:
        self._stop_timer("no fax")
        self._facts.negotiated = True
        self._take_session_facts(event)
        self._on_event(SessionNegotiated(event.bit_rate, bool(event.ecm), self._facts.remote_id))

    def _take_session_facts(self, event: NativeEvent) -> None:
        facts = self._facts
        facts.bit_rate = event.bit_rate or facts.bit_rate
        facts.ecm = bool(event.ecm)
        facts.compression = _COMPRESSIONS.get(event.encoding, facts.compression or Compression.MH)
        facts.remote_id = event.remote_id.strip() or facts.remote_id

    def _on_page(self, event: NativeEvent) -> None:
        self._take_session_facts(event)
        page = PageFacts(
            number=event.page,
            width=event.width,
            rows=event.rows,
            bad_rows=event.bad_rows,
            bit_rate=event.bit_rate,
            y_dpi=event.y_dpi,
        )
        self._facts.pages.append(page)
        self._on_event(PageConfirmed(page))
        if self._facts.t30_result is not None:
            self._maybe_end()

    def _on_fax_done(self, event: NativeEvent) -> None:
        self._facts.t30_result = event.status
        self._facts.detail = self._facts.detail or event.text
        self._facts.remote_id = event.remote_id.strip() or self._facts.remote_id
        self._pages_announced = event.page
        self._after("last page", _LAST_PAGE_TIMEOUT, self._end_of_fax)
        self._maybe_end()

    def _maybe_end(self) -> None:
        if len(self._facts.pages) >= self._pages_announced:
            self._end_of_fax()

    def _end_of_fax(self) -> None:
        self._stop_timer("last page")
        facts = self._facts
        if facts.disposition is None and facts.t30_result is not None:
            facts.disposition = t30_disposition(
                facts.t30_result,
                pages_confirmed=len(facts.pages),
                pages_owed=self._pages_owed,
                negotiated=facts.negotiated,
            )
        if self.state is CallState.RELEASING:
            self._release_if_over()
        elif self.calling:
            self.hang_up()
        else:
            self._after("farewell", _FAREWELL, self.hang_up)

    # ---- the end

    def hang_up(self, disposition: Disposition | None = None) -> None:
        """The call is being ended by us; the fax session with it."""
        if self.state in (CallState.RELEASING, CallState.RELEASED):
            return
        if disposition:
            self._facts.disposition = disposition
        self._enter(CallState.RELEASING)
        self._core.hang_up(self._call)
        self._end_session()
        self._after("release", _RELEASE_TIMEOUT, self._release)

    def _on_farewell(self, event: NativeEvent) -> None:
        if event.cause and not self._facts.q850_cause:
            self._facts.q850_cause = event.cause
        if self.state is not CallState.RELEASING:
            self._enter(CallState.RELEASING)
            self._after("release", _RELEASE_TIMEOUT, self._release)
        self._end_session()

    def _end_session(self) -> None:
        for name in ("answer", "no fax", "switch", "farewell", "total"):
            self._stop_timer(name)
        if self._ports and self._facts.t30_result is None and self._facts.answered_at:
            self._core.end_fax(self._ports.channel)  # FAX_DONE follows

    def _on_terminated(self) -> None:
        if self.state is not CallState.RELEASING:
            self._enter(CallState.RELEASING)
            self._end_session()
            self._after("release", _RELEASE_TIMEOUT, self._release)
        self._terminated = True
        self._release_if_over()

    def _release_if_over(self) -> None:
        """Both sides of the call are over: the SIP dialog, and the fax session where there was one."""
        fax_is_over = not self._facts.answered_at or (
            self._facts.t30_result is not None and "last page" not in self._timers
        )
        if self._terminated and fax_is_over:
            self._release()

    def _release(self) -> None:
        if self.state is CallState.RELEASED:
            return
        self._enter(CallState.RELEASED)
        for name in list(self._timers):
            self._stop_timer(name)
        if self._ports:
            self._core.close_channel(self._ports.channel)
        self._core.forget(self._call)
        if not self.finished.done():
            self.finished.set_result(self._transmission())

    def _transmission(self) -> Transmission:
        facts = self._facts
        return Transmission(
            disposition=facts.disposition or Disposition.LINE_FAILED,
            call_id=self.sip_call_id,
            trunk=self._trunk.name,
            started_at=facts.started_at,
            ended_at=datetime.now(UTC),
            answered_at=facts.answered_at,
            detail=facts.detail,
            sip_status=facts.sip_status,
            q850_cause=facts.q850_cause,
            t30_result=facts.t30_result,
            pages=tuple(facts.pages),
            medium=facts.medium,
            bit_rate=facts.bit_rate,
            ecm=facts.ecm,
            compression=facts.compression,
            remote_id=facts.remote_id,
            local_id=self.local_id,
        )
