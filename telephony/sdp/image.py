"""The image side: T.38 over UDPTL (ITU-T T.38 annex D, RFC 3362)."""

from dataclasses import dataclass

from telephony.sdp.description import Description, Media

OUR_MAX_DATAGRAM = 1400  #: bytes that we can take
_REDUNDANCY = 3  #: earlier packets repeated in each datagram
_FEC = (3, 3)  #: span and entries


@dataclass(frozen=True, slots=True)
class T38Parameters:
    """What both sides will do."""

    version: int
    max_datagram: int  #: bytes the peer takes; 0 when he does not say
    redundancy: int
    fec_span: int = 0
    fec_entries: int = 0


def image_offer(port: int, max_bit_rate: int) -> Media:
    """An m=image section that offers T.38 version 0 at `port`."""
    return _image(port, max_bit_rate, 0, "t38UDPRedundancy")


def _image(port: int, max_bit_rate: int, version: int, correction: str) -> Media:
    return Media(
        "image",
        port,
        "udptl",
        ("t38",),
        "",
        (
            ("T38FaxVersion", str(version)),
            ("T38MaxBitRate", str(max_bit_rate)),
            ("T38FaxRateManagement", "transferredTCF"),
            ("T38FaxMaxBuffer", "2000"),
            ("T38FaxMaxDatagram", str(OUR_MAX_DATAGRAM)),
            ("T38FaxUdpEC", correction),
        ),
    )


def usable_image(description: Description) -> Media | None:
    """The first m=image section with T.38 over UDPTL, or None."""
    for media in description.media:
        is_t38 = media.kind == "image" and media.protocol.lower() == "udptl"
        if is_t38 and media.port and media.address and "t38" in (name.lower() for name in media.formats):
            return media
    return None


def image_answer(offered: Media, port: int, max_bit_rate: int) -> Media:
    """The answer to an offer of T.38: version 0, which every version must take, and his error correction."""
    correction = offered.attribute("T38FaxUdpEC") or "t38UDPRedundancy"
    known = {"t38udpfec": "t38UDPFEC", "t38udpnoec": "t38UDPNoEC"}
    return _image(port, max_bit_rate, 0, known.get(correction.lower(), "t38UDPRedundancy"))


def agreed(media: Media) -> T38Parameters:
    """What the peer's m=image section means for us."""
    correction = (media.attribute("T38FaxUdpEC") or "t38UDPRedundancy").lower()
    span, entries = _FEC if correction == "t38udpfec" else (0, 0)
    return T38Parameters(
        version=0,
        max_datagram=_number(media, "T38FaxMaxDatagram"),
        redundancy=0 if correction == "t38udpnoec" else _REDUNDANCY,
        fec_span=span,
        fec_entries=entries,
    )


def _number(media: Media, name: str) -> int:
    text = (media.attribute(name) or "0").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
