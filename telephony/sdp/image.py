"""The image side: T.38 over UDPTL (ITU-T T.38 annex D, RFC 3362)."""

from dataclasses import dataclass, replace

from telephony.sdp.description import Description, Media
from telephony.trunk import ErrorCorrection, Trunk

_FEC_SPAN = 3
_NAMES = {
    ErrorCorrection.REDUNDANCY: "t38UDPRedundancy",
    ErrorCorrection.FEC: "t38UDPFEC",
    ErrorCorrection.NONE: "t38UDPNoEC",
}


@dataclass(frozen=True, slots=True)
class T38Parameters:
    """What both sides will do."""

    version: int
    max_datagram: int  #: bytes the peer takes; 0 when he does not say
    redundancy: int
    fec_span: int = 0
    fec_entries: int = 0


def image_offer(port: int, trunk: Trunk) -> Media:
    """An m=image section that offers T.38 version 0 at `port`."""
    return _image(port, trunk, _NAMES[trunk.error_correction])


def _image(port: int, trunk: Trunk, correction: str) -> Media:
    return Media(
        "image",
        port,
        "udptl",
        ("t38",),
        "",
        (
            ("T38FaxVersion", "0"),
            ("T38MaxBitRate", str(trunk.max_bit_rate)),
            ("T38FaxRateManagement", "transferredTCF"),
            ("T38FaxMaxBuffer", "2000"),
            ("T38FaxMaxDatagram", str(trunk.max_datagram)),
            ("T38FaxUdpEC", correction),
        ),
    )


def usable_image(description: Description) -> Media | None:
    """The first m=image section with T.38 over UDPTL, or None.

    One whose gateways check the training themselves (localTCF) is for T.38 over TCP.
    """
    for media in description.media:
        is_t38 = media.kind == "image" and media.protocol.lower() == "udptl"
        checks_itself = (media.attribute("T38FaxRateManagement") or "").lower() == "localtcf"
        has_place = media.port and media.address
        if is_t38 and has_place and not checks_itself and "t38" in (name.lower() for name in media.formats):
            return media
    return None


def image_answer(offered: Media, port: int, trunk: Trunk) -> Media:
    """The answer to an offer of T.38: version 0, which every version must take, and his error correction."""
    correction = offered.attribute("T38FaxUdpEC") or "t38UDPRedundancy"
    known = {"t38udpfec": "t38UDPFEC", "t38udpnoec": "t38UDPNoEC"}
    answer = _image(port, trunk, known.get(correction.lower(), "t38UDPRedundancy"))
    if offered.direction != "sendrecv":
        answer = replace(answer, attributes=(*answer.attributes, (offered.answering_direction, "")))
    return replace(answer, protocol=offered.protocol)  # some write UDPTL, and look for it


def agreed(media: Media, trunk: Trunk) -> T38Parameters:
    """What the peer's m=image section means for us."""
    correction = (media.attribute("T38FaxUdpEC") or "t38UDPRedundancy").lower()
    span, entries = (_FEC_SPAN, trunk.udptl_depth) if correction == "t38udpfec" else (0, 0)
    return T38Parameters(
        version=0,
        max_datagram=min(_number(media, "T38FaxMaxDatagram") or trunk.max_datagram, trunk.max_datagram),
        redundancy=0 if correction == "t38udpnoec" else trunk.udptl_depth,
        fec_span=span,
        fec_entries=entries,
    )


def _number(media: Media, name: str) -> int:
    text = (media.attribute(name) or "0").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
