"""The media of one call: its channel, what was offered and answered, and which medium is in use.

Offer and answer as RFC 3264 has them; whether and when to offer is the session's business.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from telephony.call.encryption import Encryption
from telephony.engine import Offer
from telephony.native.bridge import NativeCore
from telephony.native.values import NativeEvent, Ports
from telephony.sdp.audio import PAYLOAD_TYPES, audio_offer, choose_codec, events_in, usable_audio
from telephony.sdp.description import BadDescription, Description, Media, parse, refused, render
from telephony.sdp.image import agreed, image_answer, image_offer, usable_image
from telephony.transmission import Medium
from telephony.trunk import Srtp, T38Policy, Trunk


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
        self._encryption = Encryption(trunk.srtp)
        self._ports: Ports | None = None
        self._sections = 1  # m= sections in this dialog so far (RFC 3264 8: there are never fewer)
        self._id = random.getrandbits(31)
        self._version = 0
        self._audio_at: tuple[str, int] | None = None  # where the audio in use goes, by the peer's SDP
        self.medium: Medium | None = None  #: in use now
        self.problem = ""  #: why the peer's last description could not be used, in words

    # ---- the channel

    def open(self, sink: Callable[[NativeEvent], None]) -> bool:
        """The call has a channel whose events go to `sink`; False when no media port is free."""
        self._ports = self._core.open_channel(self._line.bind_address, self._line.media_ports, sink)
        return self._ports is not None

    def start_fax(
        self,
        *,
        calling: bool,
        file: Path,
        local_id: str,
        narrow: Path | None = None,
        first_page: int = 0,
        sub_address: str = "",
        polls: bool = False,
        offers: Sequence[Offer] = (),
        password: str = "",
        tones: str = "",
    ) -> None:
        """The channel has a fax session, which begins with the first medium. `first_page` counts from 0."""
        self._core.start_fax(
            self._open_ports.channel,
            calling=calling,
            file=file,
            narrow=str(narrow or ""),
            first_page=first_page,
            local_id=local_id,
            sub_address=sub_address,
            polls=polls,
            offers=[(str(offer.pages), offer.sub_address, offer.password) for offer in offers],
            password=password,
            tones=tones,
            wanted_digits=self._trunk.dtmf_digits,
            digits_wait_s=self._trunk.dtmf_wait_s,
            ecm=self._trunk.ecm,
            max_bit_rate=self._trunk.max_bit_rate,
            wants_tones=self._trunk.t38_policy is T38Policy.PREFER,
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
        profile, keys = self._encryption.offer()
        codecs = self._trunk.codecs
        return self._offer(audio_offer(self._open_ports.rtp, codecs, profile=profile, cryptos=keys))

    def image_offer(self) -> str:
        """The SDP that offers T.38 instead of what holds now."""
        return self._offer(self._image())

    def held_offer(self) -> str:
        """The SDP that offers what holds already (RFC 3261 14.2)."""
        return self.image_offer() if self.medium is Medium.T38 else self.audio_offer()

    def _image(self) -> Media:
        return image_offer(self._open_ports.udptl, self._trunk)

    def _offer(self, media: Media) -> str:
        padding = tuple(Media("audio", 0, "RTP/AVP", ("8",), "") for _ in range(self._sections - 1))
        return self._sdp(media, *padding)

    def _sdp(self, *media: Media) -> str:
        self._version += 1
        self._sections = max(self._sections, len(media))
        return render(self._line.media_address, media, session_id=self._id, version=self._version)

    # ---- the peer's descriptions

    def take_answer(self, sdp: str) -> bool:
        """The medium that the peer's answer names is in use; False when it names none that a fax can use."""
        answer = self._parsed(sdp)
        if not answer:
            return False
        audio, image = self._audio_in(answer, is_answer=True), self._image_in(answer)
        return bool(audio and self._use_audio(audio, is_answer=True)) or bool(
            image and self._use_image(image)
        )

    def take_early_answer(self, sdp: str) -> bool:
        """The audio that a far end wants before it answers is in use; T.38 waits for the answer."""
        answer = self._parsed(sdp)
        audio = self._audio_in(answer, is_answer=True) if answer else None
        return bool(audio and self._use_audio(audio, is_answer=True))

    def is_in_use(self, sdp: str) -> bool:
        """Whether the peer's answer is about the audio that is in use already."""
        answer = self._parsed(sdp)
        audio = self._audio_in(answer, is_answer=True) if answer else None
        return bool(audio and (audio.address, audio.port) == self._audio_at)

    def take_image_answer(self, sdp: str) -> bool:
        """T.38 is in use, as the peer's answer to our offer of it says; False when he did not take it."""
        answer = self._parsed(sdp)
        image = self._image_in(answer) if answer else None
        return bool(image and self._use_image(image))

    def answer_to(self, sdp: str, *, may_switch: bool) -> str | None:
        """Our SDP answer, with the medium it names in use; None when the offer has nothing for us.

        `may_switch`: T.38 may be taken although audio holds, or is offered beside it.
        """
        offer = self._parsed(sdp)
        if not offer:
            return None
        image, audio = self._image_in(offer), self._audio_in(offer)
        answers = {id(media): refused(media) for media in offer.media}
        if image and self._takes_image(audio, may_switch=may_switch) and self._use_image(image):
            answers[id(image)] = image_answer(image, self._open_ports.udptl, self._trunk)
        elif audio and (ours := self._use_audio(audio)):
            answers[id(audio)] = ours
        else:
            self.problem = self.problem or "the offer names no medium that a fax can use"
            return None
        return self._sdp(*(answers[id(media)] for media in offer.media))

    def _takes_image(self, audio: Media | None, *, may_switch: bool) -> bool:
        """A first offer of both is answered with audio: tones tell whether a switch is worth it."""
        if self.medium is Medium.T38:
            return True
        return may_switch and (not audio or self.medium is not None)

    def _audio_in(self, description: Description, *, is_answer: bool = False) -> Media | None:
        """The m=audio section to use: an encrypted one, where we encrypt, before one in clear."""
        encryption = self._encryption
        usable = [one for one in usable_audio(description) if encryption.allows(one, is_answer=is_answer)]
        usable.sort(key=lambda one: not encryption.has_key(one, is_answer=is_answer))
        return usable[0] if usable else None

    def _image_in(self, description: Description) -> Media | None:
        if self._trunk.srtp is Srtp.REQUIRE and not (self._trunk.t38_in_clear and self.medium):
            return None  # a medium is in use: there was audio, and it was encrypted
        return usable_image(description)

    def _parsed(self, sdp: str) -> Description | None:
        self.problem = ""
        try:
            return parse(sdp)
        except BadDescription as error:
            self.problem = str(error)
            return None

    def _use_audio(self, media: Media, *, is_answer: bool = False) -> Media | None:
        """The peer's audio is in use now; our section that answers it, or None."""
        codec = choose_codec(media, self._trunk.codecs)
        if not codec:
            return None
        ports, events = self._open_ports, events_in(media) if self._trunk.dtmf_digits else -1
        keys, line = self._encryption.agree(media, is_answer=is_answer)
        where = (media.address, media.port)
        if not self._core.use_audio(
            ports.channel, *where, PAYLOAD_TYPES[codec], event_type=events, keys=keys
        ):
            return None
        self.medium, self._audio_at = Medium.AUDIO, where
        direction = media.answering_direction
        return audio_offer(
            ports.rtp, (codec,), events, profile=media.protocol, cryptos=line, direction=direction
        )

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
