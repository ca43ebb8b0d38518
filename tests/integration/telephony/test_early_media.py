"""Audio before the answer: sipp signals, and a real fax machine without signalling is heard at its ports."""

import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from telephony import Disposition, T38Policy
from telephony.events import CallAnswered, CallEvent, Dialled, Ringing
from telephony.native.bridge import NativeCore
from telephony.native.values import Kind, NativeEvent
from telephony.trunk import EarlyMedia
from tests.fax_pages import draw_fax
from tests.fix_sip import MEDIA_PORTS, Heard, a_station, free_address, sipp

pytestmark = pytest.mark.slow


@contextlib.asynccontextmanager
async def a_bare_machine(pages: Path, heard: Callable[[NativeEvent], None]) -> AsyncIterator[str]:
    """The port of a fax machine that answers whoever sends it audio."""
    core = NativeCore(f"sip:{free_address()}", "machine", lambda _: None)
    try:
        ports = core.open_channel("127.0.0.1", MEDIA_PORTS, heard)
        assert ports
        core.start_fax(
            ports.channel,
            calling=False,
            file=pages,
            narrow="",
            first_page=0,
            local_id="EARLY",
            sub_address="",
            polls=False,
            offers=(),
            password="",
            tones="",
            wanted_digits=0,
            digits_wait_s=0,
            ecm=True,
            max_bit_rate=14400,
            wants_tones=False,
        )
        core.use_audio(ports.channel, "127.0.0.1", 9, 8)
        yield str(ports.rtp)
    finally:
        await core.close()


class Conductor:
    """Remembers what happened in which order, and tells sipp when to answer."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.peer = ""
        self._call_id = ""

    def machine(self, event: NativeEvent) -> None:
        """A fax machine was understood: it is time to answer."""
        if event.kind is Kind.NEGOTIATED:
            self.happened.append("negotiated")
            self.lets_answer()

    def call(self, event: CallEvent) -> None:
        """What the caller told."""
        if isinstance(event, Dialled):
            self._call_id = event.call_id
        self.happened += ["answered"] if isinstance(event, CallAnswered) else []

    def lets_answer(self) -> None:
        lines = [
            "INFO sip:now SIP/2.0",
            f"Via: SIP/2.0/UDP {self.peer};branch=z9hG4bKnow",
            "From: <sip:test@test>;tag=test",
            "To: <sip:now@test>",
            f"Call-ID: {self._call_id}",
            "CSeq: 1 INFO",
            "Content-Length: 0",
        ]
        host, port = self.peer.split(":")
        with socket.socket(type=socket.SOCK_DGRAM) as conductor:
            conductor.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), (host, int(port)))


SETTINGS = {"t38": T38Policy.NEVER, "early_media": EarlyMedia.ACCEPT}


async def test_a_fax_begins_with_early_media_and_goes_on_behind_the_answer(tmp_path):
    conductor = Conductor()
    async with (
        a_bare_machine(tmp_path / "in.tif", conductor.machine) as port,
        sipp("early_media", early_port=port, port=port, tag="one") as peer,
        a_station(calls=peer.address, **SETTINGS) as station,
    ):
        conductor.peer = peer.address
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"), heard=Heard(look=conductor.call))
        await peer.plays_to_the_end()

    assert conductor.happened == ["negotiated", "answered"]
    assert (facts.disposition, facts.pages_confirmed, facts.remote_id) == (Disposition.DELIVERED, 1, "EARLY")
    assert facts.answered_at is not None


async def test_a_fork_that_answers_elsewhere_gets_the_fax_that_early_media_began(tmp_path):
    conductor = Conductor()
    async with (
        a_bare_machine(tmp_path / "early.tif", conductor.machine) as early_port,
        a_bare_machine(tmp_path / "in.tif", conductor.machine) as port,
        sipp("early_media", early_port=early_port, port=port, tag="two") as peer,
        a_station(calls=peer.address, **SETTINGS) as station,
    ):
        conductor.peer = peer.address
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"), heard=Heard(look=conductor.call))
        await peer.plays_to_the_end()

    assert conductor.happened == ["negotiated", "answered", "negotiated"]
    assert (facts.disposition, facts.pages_confirmed) == (Disposition.DELIVERED, 1)


async def test_a_trunk_that_ignores_early_media_hears_nothing_of_us_before_it_answers(tmp_path):
    conductor = Conductor()
    sent_before: list[int] = []

    def look(event: CallEvent) -> None:
        conductor.call(event)
        if isinstance(event, Ringing):
            conductor.lets_answer()
        if isinstance(event, CallAnswered):
            sent_before.append(station.engine.statistics()["rtp_out"])

    async with (
        a_bare_machine(tmp_path / "in.tif", conductor.machine) as port,
        sipp("early_media", early_port=port, port=port, tag="one") as peer,
        a_station(calls=peer.address, t38=T38Policy.NEVER) as station,
    ):
        conductor.peer = peer.address
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"), heard=Heard(look=look))
        await peer.plays_to_the_end()

    assert sent_before == [0]
    assert facts.disposition is Disposition.DELIVERED


@pytest.mark.parametrize("early_media", EarlyMedia)
async def test_an_answer_that_came_before_in_a_reliable_183_is_one(tmp_path, early_media):
    settings = {"t38": T38Policy.NEVER, "no_fax_timeout_s": 2.0, "early_media": early_media}
    async with sipp("answer_in_a_reliable_183") as peer:
        async with a_station(calls=peer.address, **settings) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        await peer.plays_to_the_end()

    assert facts.disposition is Disposition.NO_FAX_ANSWERED
    assert facts.answered_at is not None
