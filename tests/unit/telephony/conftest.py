"""Calls without a network: the core is a fake and time jumps."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from telephony.call.answer import SipIncomingCall
from telephony.call.dial import OutgoingCall
from telephony.call.media import Line
from telephony.engine import SendOrder
from telephony.native.values import Kind, NativeEvent
from telephony.transmission import Transmission
from telephony.trunk import T38Policy, Trunk
from tests.fakes.fax_core import FakeCore, Told


def an_sdp(*sections: str) -> str:
    """A description of 192.0.2.9 with these m= lines; what follows ";" are attributes."""
    lines = ["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0"]
    for section in sections:
        media, *attributes = section.split(";")
        lines += [f"m={media}", *(f"a={attribute}" for attribute in attributes)]
    return "\r\n".join(lines) + "\r\n"


AUDIO = an_sdp("audio 4000 RTP/AVP 8")
IMAGE = an_sdp("image 4002 udptl t38;T38FaxVersion:0")
NO_IMAGE = an_sdp("image 0 udptl t38")
BOTH = an_sdp("audio 4000 RTP/AVP 0 8", "image 4002 udptl t38")


class CallUnderTest:
    """Makes calls on a fake core."""

    def __init__(self) -> None:
        self.core = FakeCore()
        self.told = Told()

    def _line(self) -> Line:
        return Line(self.core, "127.0.0.1", "192.0.2.1", (16384, 16484))  # type: ignore[arg-type]

    def dials(
        self, t38: T38Policy = T38Policy.PREFER, *, pages: int = 2, tones: str = "", **settings: Any
    ) -> OutgoingCall:
        trunk = Trunk("main", "sip:pbx.example.com", t38=t38, **settings)
        order = SendOrder(
            "+49301", Path("fax.tif"), trunk, local_id="US", caller_number="+49302", tones=tones
        )
        call = OutgoingCall(
            self._line(), order, self.told, pages_owed=pages, may_go_to=lambda host: host == "192.0.2.7"
        )
        call.dial()
        return call

    def is_in_audio(self, t38: T38Policy = T38Policy.PREFER, *, pages: int = 2) -> OutgoingCall:
        call = self.dials(t38, pages=pages)
        self.core.sip(Kind.ACCEPTED, status=200, sdp=AUDIO)
        return call

    def rings(
        self,
        t38: T38Policy = T38Policy.PREFER,
        *,
        sdp: str = AUDIO,
        settings: dict[str, Any] | None = None,
        **facts: str,
    ) -> SipIncomingCall:
        invite = NativeEvent(Kind.INVITE, 77, sdp=sdp, request_user="+49301", sip_call_id="abc", **facts)
        return SipIncomingCall(
            self._line(), Trunk("main", "sip:pbx.example.com", t38=t38, **settings or {}), invite
        )

    def ends_with(self, result: int, pages: int = 0) -> None:
        self.core.fax(Kind.FAX_DONE, status=result, page=pages, text="words")

    def is_terminated(self) -> None:
        self.core.sip(Kind.TERMINATED)


async def is_taken(line: CallUnderTest, call: SipIncomingCall) -> "asyncio.Task[Transmission]":
    """A call that rang has been answered; the task ends with it."""
    receiving = asyncio.ensure_future(call.receive(Path("in.tif"), local_id="US", on_event=line.told))
    await asyncio.sleep(0)
    return receiving


@pytest.fixture
def line() -> CallUnderTest:
    return CallUnderTest()
