"""Whether the audio of one call is encrypted, and with which keys (RFC 4568, RFC 8643)."""

import secrets
from dataclasses import replace

from telephony.native.values import SrtpKeys
from telephony.sdp.crypto import KEY_BYTES, Crypto, Suite, cryptos_in
from telephony.sdp.description import Media
from telephony.trunk import Srtp

CLEAR, ENCRYPTED = "RTP/AVP", "RTP/SAVP"


class Encryption:
    """What was offered and agreed. Our keys are made for this call, and stay the same in it."""

    def __init__(self, wanted: Srtp) -> None:
        self._wanted = wanted
        suites = () if wanted is Srtp.OFF else tuple(enumerate(Suite, 1))
        self._ours = {suite: Crypto(tag, suite, secrets.token_bytes(KEY_BYTES)) for tag, suite in suites}
        self._offered = self._asked = tuple(self._ours.values())
        self._profile = ENCRYPTED if wanted is Srtp.REQUIRE else CLEAR

    def offer(self) -> tuple[str, tuple[Crypto, ...]]:
        """Profile and keys of an offer of ours; once something was agreed on, of that."""
        self._asked = self._offered  # several branches of a fork may answer the one offer
        return self._profile, self._offered

    def has_key(self, media: Media, *, is_answer: bool = False) -> bool:
        """Whether the peer's m=audio section would be encrypted."""
        return self._key_in(media, is_answer=is_answer) is not None

    def allows(self, media: Media, *, is_answer: bool = False) -> bool:
        """Whether the peer's m=audio section can be used, in clear or encrypted."""
        if self.has_key(media, is_answer=is_answer):
            return media.protocol in (CLEAR, ENCRYPTED)
        return media.protocol == CLEAR and self._wanted is not Srtp.REQUIRE

    def agree(self, media: Media, *, is_answer: bool = False) -> tuple[SrtpKeys | None, tuple[Crypto, ...]]:
        """The keys that hold from now on, and our line for an answer; in clear there are none."""
        theirs = self._key_in(media, is_answer=is_answer)
        ours = self._ours[theirs.suite] if theirs else None
        self._profile, self._offered = media.protocol, (ours,) if ours else ()
        if not theirs or not ours:
            return None, ()
        keys = SrtpKeys(theirs.suite.tag_bytes, ours.key, theirs.key)
        return keys, (replace(ours, tag=theirs.tag),)

    def _key_in(self, media: Media, *, is_answer: bool) -> Crypto | None:
        """The first that we can use; in an answer it must be for a line of our offer (RFC 4568 5.1.3)."""
        if self._wanted is Srtp.OFF:
            return None
        offered = {(crypto.tag, crypto.suite) for crypto in self._asked}
        for crypto in cryptos_in(media):
            if not is_answer or (crypto.tag, crypto.suite) in offered:
                return crypto
        return None
