"""The audio side: G.711 over RTP (RFC 3551)."""

from telephony.sdp.description import Description, Media

PAYLOAD_TYPES = {"PCMU": 0, "PCMA": 8}
_NAMES = {number: name for name, number in PAYLOAD_TYPES.items()}


def audio_offer(port: int, codecs: tuple[str, ...]) -> Media:
    """An m=audio section with these codecs, at `port`."""
    numbers = [PAYLOAD_TYPES[codec] for codec in codecs]
    attributes = [("rtpmap", f"{number} {_NAMES[number]}/8000") for number in numbers]
    return Media(
        "audio",
        port,
        "RTP/AVP",
        tuple(str(number) for number in numbers),
        "",
        (*attributes, ("ptime", "20"), ("sendrecv", "")),
    )


def usable_audio(description: Description) -> Media | None:
    """The first m=audio section that G.711 can use, or None."""
    for media in description.media:
        if media.kind == "audio" and media.port and media.address and media.protocol == "RTP/AVP":
            return media
    return None


def choose_codec(media: Media, codecs: tuple[str, ...]) -> str | None:
    """The codec to use with the peer: the first of his that is among `codecs`; None when there is none."""
    for number in media.formats:
        name = _NAMES.get(int(number)) if number.isascii() and number.isdigit() else None
        if name in codecs:
            return name
    return None
