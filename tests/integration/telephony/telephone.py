"""A telephone: pjsua2 with one G.711 codec and a tone for a voice. A foreign agent, in its own process.

    python telephone.py ADDRESS CODEC answer          waits for one call
    python telephone.py ADDRESS CODEC sip:NUMBER@PEER [DIGITS] calls
    python telephone.py --srtp=mandatory:SUITE ADDRESS ...     encrypts; or --srtp=optional:SUITE

DIGITS are dialled by telephone events (RFC 4733) when it talks. Prints JSON lines; hangs up after
SECONDS_TO_TALK when the peer does not.
"""

import json
import re
import sys
import time
from typing import Any

import pjsua2 as pj

SECONDS_TO_TALK = 12.0


class Call(pj.Call):
    """Plays a tone and listens."""

    over = False
    tone: Any = None
    digits = ""

    def onCallState(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.over = True
            tell("ended", status=info.lastStatusCode)

    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802
        info = self.getInfo()  # owns its media: without a name for it they are gone at once
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                audio = self.getAudioMedia(index)
                self.tone = pj.ToneGenerator()
                self.tone.createToneGenerator(8000, 1)
                tone = pj.ToneDesc()
                tone.freq1, tone.on_msec, tone.off_msec = 440, 300, 300
                tones = pj.ToneDescVector()
                tones.append(tone)
                self.tone.play(tones, True)
                self.tone.startTransmit(audio)
                suite = re.search(r"Crypto-suite: (\w+)", self.dump(True, ""))
                tell("talking", codec=self.getStreamInfo(index).codecName, srtp=suite[1] if suite else "")
                if self.digits:
                    self.dialDtmf(self.digits)

    def packets(self) -> tuple[int, int]:
        """RTP received and sent so far."""
        rtcp = self.getStreamStat(0).rtcp
        return rtcp.rxStat.pkt, rtcp.txStat.pkt


class Account(pj.Account):
    """Answers."""

    call: Call | None = None

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802
        self.call = Call(self, prm.callId)
        answer = pj.CallOpParam()
        answer.statusCode = 200
        self.call.answer(answer)


def tell(event: str, **facts: Any) -> None:
    print(json.dumps({"event": event, **facts}), flush=True)


def encrypt(media: Any, wish: str) -> None:
    """The account's calls use SRTP with keys in the SDP, and no other cipher suite."""
    policy, _, suite = wish.partition(":")
    media.srtpUse = pj.PJMEDIA_SRTP_MANDATORY if policy == "mandatory" else pj.PJMEDIA_SRTP_OPTIONAL
    media.srtpSecureSignaling = 0
    media.srtpOpt.keyings.append(pj.PJMEDIA_SRTP_KEYING_SDES)
    crypto = pj.SrtpCrypto()
    crypto.name = suite
    media.srtpOpt.cryptos.append(crypto)


def main(address: str, codec: str, what: str, digits: str = "", *, srtp: str = "") -> None:
    host, port = address.split(":")
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
    endpoint.libInit(config)
    transport = pj.TransportConfig()
    transport.port, transport.boundAddress = int(port), host
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    for known in endpoint.codecEnum2():
        endpoint.codecSetPriority(known.codecId, 255 if known.codecId.startswith(f"{codec}/") else 0)
    account = Account()
    settings = pj.AccountConfig()
    settings.idUri = f"sip:telephone@{address}"
    settings.mediaConfig.transportConfig.boundAddress = host
    if srtp:
        encrypt(settings.mediaConfig, srtp)
    account.create(settings)
    tell("ready")
    if what != "answer":
        account.call = Call(account)
        account.call.digits = digits
        account.call.makeCall(what, pj.CallOpParam(True))
    talk(endpoint, account)
    account.call = None
    account.shutdown()
    endpoint.libDestroy()


def talk(endpoint: Any, account: Account) -> None:
    """Until the call is over."""
    end, counted = time.monotonic() + 60, (0, 0)
    while time.monotonic() < end and not (account.call and account.call.over):
        endpoint.libHandleEvents(20)
        call = account.call
        if call and not call.over and call.hasMedia():
            if counted == (0, 0):
                end = time.monotonic() + SECONDS_TO_TALK
            counted = call.packets()
    tell("counted", received=counted[0], sent=counted[1])
    if account.call and not account.call.over:
        account.call.hangup(pj.CallOpParam())


if __name__ == "__main__":
    words = sys.argv[1:]
    wish = words.pop(0).removeprefix("--srtp=") if words[0].startswith("--srtp=") else ""
    main(*words, srtp=wish)
