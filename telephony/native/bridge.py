"""The one place where the C core meets the event loop.

C threads put events into a queue and announce them on one file descriptor; the loop reads it and hands each
event, as a frozen value, to whoever owns the call or channel. No C object leaves this file.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from telephony.errors import AddressInUse, EngineClosed
from telephony.native.library import load
from telephony.native.media_watch import MediaWatch
from telephony.native.values import NUMBERS, OF_CHANNEL, TEXTS, Kind, NativeEvent, Ports, SipRequest, SrtpKeys
from telephony.sdp.description import sdp_part
from telephony.tls import TlsSettings

_log = logging.getLogger("faxgw.telephony")


Sink = Callable[[NativeEvent], None]


class NativeCore:
    """The running core. Used from one event loop; `close` ends all calls."""

    def __init__(
        self,
        sip_url: str,
        user_agent: str,
        on_invite: Sink,
        tls: TlsSettings | None = None,
        resolv_conf: Path | None = None,
    ) -> None:
        """Listening at `sip_url`; `on_invite` hears of every call that comes in.

        Raises:
            NativeCoreMissing: the core is not built.
            AddressInUse: another program has the port.
            BadCertificate: a file of `tls` cannot be read.
        """
        module = load()
        self._ffi, self._lib = module.ffi, module.lib
        self._core = self._start(sip_url, user_agent, tls, resolv_conf)
        self._on_invite = on_invite
        self._calls: dict[int, Sink] = {}
        self._channels: dict[int, Sink] = {}
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._lib.fc_event_fd(self._core), self._drain)
        self._watch = MediaWatch(self.statistics)

    def _start(self, sip_url: str, user_agent: str, tls: TlsSettings | None, resolv_conf: Path | None) -> Any:
        with tls.folder() if tls else contextlib.nullcontext() as folder:
            kept = {
                "sip_url": self._text(sip_url),
                "user_agent": self._text(user_agent),
                "resolv_conf": self._text(str(resolv_conf) if resolv_conf else None),
                "tls_url": self._text(f"sips:{tls.listen}" if tls else None),
                "tls_folder": self._text(str(folder) if folder else None),
            }
            settings = self._ffi.new("fc_settings *", kept | {"tls_verify": bool(tls and tls.verify)})
            error = self._ffi.new("char[300]")
            core = self._lib.fc_start(settings, error, 300)
        if not core:
            raise AddressInUse(self._ffi.string(error).decode(errors="replace"))
        return core

    async def close(self) -> None:
        """No thread of the core is left."""
        if not self._core:
            return
        self._watch.stop()
        self._lib.fc_stop(self._core)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), 35)
        core, self._core = self._core, None
        self._loop.remove_reader(self._lib.fc_event_fd(core))
        await asyncio.to_thread(self._lib.fc_free, core)

    def _drain(self) -> None:
        while self._core and (event := self._lib.fc_next_event(self._core)):
            native = self._frozen(event)
            self._lib.fc_event_free(event)
            try:
                self._hand_on(native)
            except Exception:  # noqa: BLE001 - one broken call must not end the others
                _log.exception("the event %s of %d was not dealt with", native.kind.name, native.id)

    def _hand_on(self, event: NativeEvent) -> None:
        if event.kind is Kind.STOPPED:
            self._stopped.set()
        elif event.kind is Kind.INVITE:
            self._on_invite(event)
        else:
            owner = (self._channels if event.kind in OF_CHANNEL else self._calls).get(event.id)
            if owner:
                owner(event)

    def _frozen(self, event: Any) -> NativeEvent:
        values: dict[str, Any] = {name: getattr(event, name) for name in NUMBERS}
        for name in TEXTS:
            text = getattr(event, name)
            values[name] = self._ffi.string(text).decode("utf-8", "replace") if text else ""
        if event.boundary:
            boundary = self._ffi.string(event.boundary).decode("utf-8", "replace")
            values["sdp"] = sdp_part(values["sdp"], boundary)
        return NativeEvent(Kind(event.kind), event.id, **values)

    def _alive(self) -> Any:
        if not self._core:
            raise EngineClosed
        return self._core

    # ---- signalling

    def invite(self, sink: Sink, request: SipRequest, sdp: str) -> int:
        """The id of a new call; its events go to `sink`."""
        expires = request.session_expires_s
        return self._begin(self._lib.fc_invite, sink, request, sdp=sdp, expires_s=expires)

    def register(self, sink: Sink, request: SipRequest, expires_s: int) -> int:
        """The id of a registration, refreshed until it is forgotten; REGISTERED tells of each answer."""
        return self._begin(self._lib.fc_register, sink, request, expires_s=expires_s)

    def options(self, sink: Sink, request: SipRequest) -> int:
        """The id of a question whether the peer is there; ALIVE is the answer."""
        return self._begin(self._lib.fc_options, sink, request)

    def _begin(
        self, begin: Any, sink: Sink, request: SipRequest, *, sdp: str | None = None, expires_s: int = 0
    ) -> int:
        texts = {
            "uri": request.uri,
            "from": request.sender,
            "to": request.to,
            "route": request.route or None,
            "headers": "\r\n".join(request.headers) or None,
            "sip_call_id": request.sip_call_id or None,
            "username": request.username or None,
            "password": request.password or None,
            "supported": ", ".join(request.supported),
            "require": ", ".join(request.require) or None,
            "sdp": sdp,
        }
        kept = {name: self._text(text) for name, text in texts.items()}
        call = int(begin(self._alive(), self._ffi.new("fc_request *", kept | {"expires": expires_s})))
        self._calls[call] = sink
        return call

    def adopt(self, call: int, sink: Sink) -> None:
        """The events of a call that came in go to `sink` from now on."""
        self._calls[call] = sink

    def reinvite(self, call: int, sdp: str) -> None:
        """A re-INVITE with `sdp` leaves."""
        self._lib.fc_reinvite(self._alive(), call, sdp.encode())

    def respond(self, call: int, status: int, sdp: str | None = None) -> None:
        """The peer's (re-)INVITE has this answer."""
        self._lib.fc_respond(self._alive(), call, status, self._text(sdp))

    def hang_up(self, call: int) -> None:
        """CANCEL, BYE or a refusal leaves, whichever fits."""
        if self._core:
            self._lib.fc_hang_up(self._core, call)

    def forget(self, call: int) -> None:
        """Nothing is heard of this call any more."""
        self._calls.pop(call, None)
        if self._core:
            self._lib.fc_forget(self._core, call)

    # ---- media

    def open_channel(self, bind_address: str, ports: tuple[int, int], sink: Sink) -> Ports | None:
        """A channel with its two ports bound, or None when no port is free."""
        rtp, udptl = self._ffi.new("int *"), self._ffi.new("int *")
        channel = self._lib.fc_channel_open(self._alive(), bind_address.encode(), *ports, rtp, udptl)
        if not channel:
            return None
        self._channels[channel] = sink
        return Ports(int(channel), rtp[0], udptl[0])

    def start_fax(
        self,
        channel: int,
        *,
        calling: bool,
        file: Path,
        narrow: str,
        first_page: int,
        local_id: str,
        sub_address: str,
        polls: bool,
        offers: Sequence[tuple[str, str, str]],
        password: str,
        tones: str,
        wanted_digits: int,
        digits_wait_s: float,
        ecm: bool,
        max_bit_rate: int,
        wants_tones: bool,
    ) -> None:
        """The channel has a T.30 session; it begins when a medium is given to it.

        `offers` are file, sub-address and password of what may be polled.
        """
        texts = {
            "file": str(file),
            "narrow": narrow,
            "local_id": local_id,
            "sub_address": sub_address,
            "password": password,
            "tones": tones,
        }
        kept = {name: self._text(text) for name, text in texts.items()}
        lying = [[self._text(text) for text in offer] for offer in offers]  # C sees them until the call below
        offered = self._ffi.new("fc_offer[]", lying)
        options = self._ffi.new(
            "fc_fax_options *",
            kept
            | {
                "offers": offered,
                "offer_count": len(lying),
                "calling": calling,
                "polls": polls,
                "first_page": first_page,
                "wanted_digits": wanted_digits,
                "digits_wait_ms": round(digits_wait_s * 1000),
                "ecm": ecm,
                "max_bit_rate": max_bit_rate,
                "wants_tones": wants_tones,
            },
        )
        self._lib.fc_channel_fax(self._alive(), channel, options)

    def use_audio(
        self,
        channel: int,
        address: str,
        port: int,
        payload_type: int,
        *,
        event_type: int = -1,
        keys: SrtpKeys | None = None,
    ) -> bool:
        """The session goes on over G.711 with the peer at `address`; False when that is no address."""
        native = self._ffi.NULL
        if keys:
            kept = [self._ffi.new("unsigned char[]", key) for key in (keys.ours, keys.theirs)]
            native = self._ffi.new("fc_srtp_keys *", [keys.tag_bytes, *kept])
        peer = (address.encode(), port, payload_type, event_type, native)
        return bool(self._lib.fc_channel_audio(self._alive(), channel, *peer) == 0)

    def use_t38(self, channel: int, address: str, port: int, **options: int) -> bool:
        """The session goes on over T.38 with the peer at `address`; False when that is no address."""
        native = self._ffi.new("fc_t38_options *", options)
        return bool(self._lib.fc_channel_t38(self._alive(), channel, address.encode(), port, native) == 0)

    def end_fax(self, channel: int) -> None:
        """The T.30 session ends as if the line had dropped; FAX_DONE follows."""
        if self._core:
            self._lib.fc_channel_end_fax(self._core, channel)

    def close_channel(self, channel: int) -> None:
        """Nothing is heard of this channel any more and its ports are free."""
        self._channels.pop(channel, None)
        if self._core:
            self._lib.fc_channel_close(self._core, channel)

    def statistics(self) -> dict[str, int]:
        """Counters since the start; see fc_statistics in faxcore.h."""
        out = self._ffi.new("fc_statistics *")
        self._lib.fc_get_statistics(self._alive(), out)
        return {name: int(getattr(out, name)) for name, _ in self._ffi.typeof("fc_statistics").fields}

    def _text(self, text: str | None) -> Any:
        return self._ffi.NULL if text is None else self._ffi.new("char[]", text.replace("\0", "").encode())
