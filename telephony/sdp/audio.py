"""The audio side: G.711 over RTP (RFC 3551)."""

from telephony.sdp.crypto import Crypto
from telephony.sdp.description import Description, Media

PAYLOAD_TYPES = {"PCMU": 0, "PCMA": 8}
_NAMES = {number: name for name, number in PAYLOAD_TYPES.items()}


def audio_offer(
    port: int,
    codecs: tuple[str, ...],
    events: int = -1,
    *,
    profile: str = "RTP/AVP",
    cryptos: tuple[Crypto, ...] = (),
    direction: str = "sendrecv",
) -> Media:
    """An m=audio section at `port` with these codecs, and keys.

    `events`: the type of telephone events (RFC 4733); -1 has none.
    """
    numbers = [PAYLOAD_TYPES[codec] for codec in codecs]
    attributes = [("rtpmap", f"{number} {_NAMES[number]}/8000") for number in numbers]
    if events >= 0:
        numbers.append(events)
        attributes += [("rtpmap", f"{events} telephone-event/8000"), ("fmtp", f"{events} 0-15")]
    return Media(
        "audio",
        port,
        profile,
        tuple(str(number) for number in numbers),
        "",
        (*attributes, *(crypto.attribute for crypto in cryptos), ("ptime", "20"), (direction, "")),
    )


def usable_audio(description: Description) -> tuple[Media, ...]:
    """The m=audio sections that name a place where packets can go."""
    return tuple(one for one in description.media if one.kind == "audio" and one.port and one.address)


def events_in(media: Media) -> int:
    """The payload type of telephone events in his description (RFC 4733 7.1.1), or -1."""
    for name, value in media.attributes:
        number, _, mapping = value.partition(" ")
        if name.lower() == "rtpmap" and mapping.strip().lower() == "telephone-event/8000":
            return int(number) if number in media.formats and _is_dynamic(number) else -1
    return -1


def _is_dynamic(number: str) -> bool:
    return number.isascii() and number.isdigit() and 96 <= int(number) <= 127


def choose_codec(media: Media, codecs: tuple[str, ...]) -> str | None:
    """The codec to use with the peer: the first of his that is among `codecs`; None when there is none."""
    for number in media.formats:
        name = _NAMES.get(int(number)) if number.isascii() and number.isdigit() else None
        if name in codecs:
            return name
    return None
