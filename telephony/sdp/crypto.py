"""Keys of encrypted audio, as a=crypto lines (RFC 4568)."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from enum import StrEnum

from telephony.sdp.description import Media

KEY_BYTES = 30  # AES-128's key and its salt
_LINE = re.compile(r"([0-9]{1,9})\s+([A-Za-z0-9_]+)\s+inline:([A-Za-z0-9+/=]+)([^\s;]*)((?:\s+\S+)*)")
# What does not change what we send: their RTCP is in clear or not, and how far their packets may overtake.
_HARMLESS = re.compile(r"UNENCRYPTED_SRTCP|WSH=[0-9]+", re.IGNORECASE)


class Suite(StrEnum):
    """How packets are encrypted and proved to be the peer's (RFC 4568 6.2); the longer tag first."""

    LONG_TAG = "AES_CM_128_HMAC_SHA1_80"
    SHORT_TAG = "AES_CM_128_HMAC_SHA1_32"

    @property
    def tag_bytes(self) -> int:
        """The length of the tag behind each packet."""
        return 10 if self is Suite.LONG_TAG else 4


@dataclass(frozen=True, slots=True)
class Crypto:
    """One a=crypto line: the key that its writer encrypts with."""

    tag: int
    suite: Suite
    key: bytes = field(repr=False)

    @property
    def attribute(self) -> tuple[str, str]:
        """The line, as name and value of an attribute."""
        return "crypto", f"{self.tag} {self.suite} inline:{base64.b64encode(self.key).decode()}"


def cryptos_in(media: Media) -> tuple[Crypto, ...]:
    """The lines that we can use, in the peer's order; others are stepped over (RFC 4568 5.1.2)."""
    lines = (value for name, value in media.attributes if name.lower() == "crypto")
    return tuple(crypto for line in lines if (crypto := _read(line)))


def _read(line: str) -> Crypto | None:
    match = _LINE.fullmatch(line)
    if not match:
        return None
    tag, name, key, more, parameters = match.groups()
    # Behind the key: "|" and its lifetime, "|" and the name of the key (MKI), which stands in each packet.
    if ":" in more or not all(_HARMLESS.fullmatch(word) for word in parameters.split()):
        return None
    suite = next((suite for suite in Suite if suite == name.upper()), None)
    try:
        secret = base64.b64decode(key, validate=True)
    except binascii.Error:
        return None
    return Crypto(int(tag), suite, secret) if suite and len(secret) == KEY_BYTES else None
