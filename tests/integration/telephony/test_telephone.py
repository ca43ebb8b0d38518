"""A foreign SIP agent with a voice: pjsua2 as a telephone, in its own process, one codec at a time."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from telephony import Disposition, Medium, T38Policy
from tests.fax_pages import draw_fax
from tests.fix_sip import a_station, free_address
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow
CODECS = ["PCMA", "PCMU"]


class Telephone:
    """What it says, line by line."""

    def __init__(self, process: "asyncio.subprocess.Process", address: str) -> None:
        self._process, self.address = process, address

    async def says(self, event: str) -> dict[str, Any]:
        """The next line that tells of `event`; pjlib's own lines are stepped over."""
        assert self._process.stdout
        while line := await asyncio.wait_for(self._process.stdout.readline(), PATIENCE):
            if line.startswith(b"{") and (said := json.loads(line))["event"] == event:
                return dict(said)
        raise AssertionError(f"the telephone ended without {event}")


@contextlib.asynccontextmanager
async def a_telephone(codec: str, *what: str, srtp: str = "") -> AsyncIterator[Telephone]:
    """A telephone that waits for one call, or makes it; encrypted with `srtp`, like "mandatory:SUITE"."""
    address = free_address()
    program = Path(__file__).with_name("telephone.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(program), *([f"--srtp={srtp}"] if srtp else []), address, codec,
        *(what or ["answer"]), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        telephone = Telephone(process, address)
        await telephone.says("ready")
        yield telephone
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def both_hear(ours: dict[str, int], theirs: dict[str, int]) -> bool:
    """Packets went to and fro all the time, and arrived; how many they were says how long the call was."""
    almost = 0.8
    return (
        theirs["received"] >= almost * ours["rtp_out"] > 0 and ours["rtp_in"] >= almost * theirs["sent"] > 0
    )


@pytest.mark.parametrize("codec", CODECS)
async def test_a_person_who_answers_a_fax_hears_it_and_is_let_go(tmp_path, codec):
    settings = {"t38": T38Policy.ACCEPT, "no_fax_timeout_s": 6.0}
    async with a_telephone(codec) as telephone, a_station(calls=telephone.address, **settings) as station:
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        talking = await telephone.says("talking")
        counted = await telephone.says("counted")
        statistics = station.engine.statistics()

    assert (facts.disposition, facts.medium) == (Disposition.NO_FAX_ANSWERED, Medium.AUDIO)
    assert facts.duration.total_seconds() < 30
    assert talking["codec"] == codec
    assert counted["received"] <= 50 * facts.duration.total_seconds() + 30  # 50 a second
    assert both_hear(statistics, counted)
    assert statistics["rtp_bad"] == 0


@pytest.mark.parametrize("codec", CODECS)
async def test_a_person_who_calls_a_fax_hears_it_answer(tmp_path, codec):
    async with a_station(t38=T38Policy.ACCEPT) as station:
        receiving = asyncio.ensure_future(station.receives(tmp_path / "in.tif"))
        await asyncio.sleep(0)
        async with a_telephone(codec, f"sip:49301@{station.address}") as telephone:
            talking = await telephone.says("talking")
            counted = await telephone.says("counted")
            facts = await receiving
        statistics = station.engine.statistics()

    assert facts.disposition is Disposition.NO_FAX_ANSWERED
    assert talking["codec"] == codec
    assert both_hear(statistics, counted)


async def test_digits_that_a_telephone_dials_behind_the_number_are_heard(tmp_path):
    async with a_station(t38=T38Policy.ACCEPT, dtmf_digits=4, dtmf_wait_s=10.0) as station:
        receiving = asyncio.ensure_future(station.receives(tmp_path / "in.tif"))
        await asyncio.sleep(0)
        async with a_telephone("PCMA", f"sip:49301@{station.address}", "4#1*"):
            facts = await receiving

    assert facts.sub_address == "4#1*"


async def test_a_telephone_that_refuses_t38_is_left_in_audio(tmp_path):
    settings = {"t38": T38Policy.PREFER, "no_fax_timeout_s": 6.0}
    async with a_station(**settings) as station:
        receiving = asyncio.ensure_future(station.receives(tmp_path / "in.tif"))
        await asyncio.sleep(0)
        async with a_telephone("PCMA", f"sip:49301@{station.address}") as telephone:
            counted = await telephone.says("counted")
            facts = await receiving
        statistics = station.engine.statistics()

    assert facts.medium is Medium.AUDIO
    assert both_hear(statistics, counted)  # the audio went on while T.38 was asked for and refused
