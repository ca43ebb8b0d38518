"""The media of one call: its channel, what was offered and answered, and which medium is in use.

Offer and answer as RFC 3264 has them; whether and when to offer is the session's business.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from telephony.native.bridge import NativeCore, NativeEvent, Ports
from telephony.sdp.audio import PAYLOAD_TYPES, audio_offer, choose_codec, usable_audio
from telephony.sdp.description import BadDescription, Description, Media, parse, refused, render
from telephony.sdp.image import agreed, image_answer, image_offer, usable_image
from telephony.transmission import Medium
from telephony.trunk import T38Policy, Trunk


@dataclass(frozen=True, slots=True)
class Line:
    """What a call needs from the engine."""

    core: NativeCore
    bind_address: str  #: of RTP and UDPTL sockets
    media_address: str  #: as the peer must see it
    media_ports: tuple[int, int]


class CallMedia:
    """One channel and the descriptions that were exchanged about it."""

    def __init__(self, line: Line, trunk: Trunk) -> None:
        self._line, self._core, self._trunk = line, line.core, trunk
        self._ports: Ports | None = None
        self._sections = 1  # m= sections in this dialog so far (RFC 3264 8: there are never fewer)
        self._id = random.getrandbits(31)
        self._version = 0
        self.medium: Medium | None = None  #: in use now
        self.problem = ""  #: why the peer's last description could not be used, in words

    # ---- the channel

    def open(self, sink: Callable[[NativeEvent], None]) -> bool:
        """The call has a channel whose events go to `sink`; False when no media port is free."""
        self._ports = self._core.open_channel(self._line.bind_address, self._line.media_ports, sink)
        return self._ports is not None

    def start_fax(self, *, calling: bool, file: Path, first_page: int, local_id: str) -> None:
        """The channel has a fax session, which begins with the first medium. `first_page` counts from 0."""
        self._core.start_fax(
            self._open_ports.channel,
            calling=calling,
            file=file,
            first_page=first_page,
            local_id=local_id,
            ecm=self._trunk.ecm,
            max_bit_rate=self._trunk.max_bit_rate,
            wants_tones=self._trunk.t38 is T38Policy.PREFER,
        )

    def end_fax(self) -> None:
        """The fax session ends as if the line had dropped."""
        if self._ports:
            self._core.end_fax(self._ports.channel)

    def close(self) -> None:
        """The channel is gone."""
        if self._ports:
            self._core.close_channel(self._ports.channel)
            self._ports = None

    @property
    def _open_ports(self) -> Ports:
        assert self._ports, "the call has no channel"
        return self._ports

    # ---- our descriptions

    def audio_offer(self) -> str:
        """The SDP that offers G.711."""
        return self._sdp(self._audio(self._trunk.codecs))

    def image_offer(self) -> str:
        """The SDP that offers T.38 instead of what holds now."""
        return self._sdp(self._image())

    def held_offer(self) -> str:
        """The SDP that offers what holds already (RFC 3261 14.2)."""
        return self.image_offer() if self.medium is Medium.T38 else self.audio_offer()

    def _audio(self, codecs: tuple[str, ...]) -> Media:
        return audio_offer(self._open_ports.rtp, codecs)

    def _image(self) -> Media:
        return image_offer(self._open_ports.udptl, self._trunk)

    def _sdp(self, *media: Media) -> str:
        self._version += 1
        padding = tuple(Media("audio", 0, "RTP/AVP", ("8",), "") for _ in range(self._sections - len(media)))
        self._sections = max(self._sections, len(media))
        return render(
            self._line.media_address, (*media, *padding), session_id=self._id, version=self._version
        )

    # ---- the peer's descriptions

    def take_answer(self, sdp: str) -> bool:
        """The medium that the peer's answer names is in use; False when it names none that a fax can use."""
        answer = self._parsed(sdp)
        if not answer:
            return False
        audio, image = usable_audio(answer), usable_image(answer)
        return bool(audio and self._use_audio(audio)) or bool(image and self._use_image(image))

    def take_image_answer(self, sdp: str) -> bool:
        """T.38 is in use, as the peer's answer to our offer of it says; False when he did not take it."""
        answer = self._parsed(sdp)
        image = usable_image(answer) if answer else None
        return bool(image and self._use_image(image))

    def answer_to(self, sdp: str, *, may_switch: bool) -> str | None:
        """Our SDP answer, with the medium it names in use; None when the offer has nothing for us.

        `may_switch`: T.38 may be taken although audio holds, or is offered beside it.
        """
        offer = self._parsed(sdp)
        if not offer:
            return None
        image, audio = usable_image(offer), usable_audio(offer)
        answers = {id(media): refused(media) for media in offer.media}
        if image and self._takes_image(audio, may_switch=may_switch) and self._use_image(image):
            answers[id(image)] = image_answer(image, self._open_ports.udptl, self._trunk)
        elif audio and (codec := self._use_audio(audio)):
            answers[id(audio)] = self._audio((codec,))
        else:
            self.problem = self.problem or "the offer names no medium that a fax can use"
            return None
        self._sections = max(self._sections, len(offer.media))
        return self._sdp(*(answers[id(media)] for media in offer.media))

    def _takes_image(self, audio: Media | None, *, may_switch: bool) -> bool:
        """A first offer of both is answered with audio: tones tell whether a switch is worth it."""
        if self.medium is Medium.T38:
            return True
        return may_switch and (not audio or self.medium is not None)

    def _parsed(self, sdp: str) -> Description | None:
        self.problem = ""
        try:
            return parse(sdp)
        except BadDescription as error:
            self.problem = str(error)
            return None

    def _use_audio(self, media: Media) -> str | None:
        """The codec that is in use now, or None."""
        codec = choose_codec(media, self._trunk.codecs)
        if codec and self._core.use_audio(
            self._open_ports.channel, media.address, media.port, PAYLOAD_TYPES[codec]
        ):
            self.medium = Medium.AUDIO
            return codec
        return None

    def _use_image(self, media: Media) -> bool:
        parameters = agreed(media, self._trunk)
        used = self._core.use_t38(
            self._open_ports.channel,
            media.address,
            media.port,
            version=parameters.version,
            max_datagram=parameters.max_datagram,
            redundancy=parameters.redundancy,
            fec_span=parameters.fec_span,
            fec_entries=parameters.fec_entries,
        )
        if used:
            self.medium = Medium.T38
        return used
