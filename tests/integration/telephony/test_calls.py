"""Real calls between two engines on loopback. They take real time, so they are made side by side."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from telephony import Compression, Disposition, Medium, T38Policy, Transmission
from telephony.trunk import CalledForm, CallerForm, ErrorCorrection, Srtp
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fix_sip import Heard, a_line, a_station
from tests.patience import PATIENCE

P, A, N = T38Policy.PREFER, T38Policy.ACCEPT, T38Policy.NEVER
pytestmark = pytest.mark.slow


@dataclass
class Outcome:
    """Both ends of one call, and what was on paper."""

    sent: Transmission
    received: Transmission
    sent_file: Path
    received_file: Path
    sender_heard: Heard
    receiver_heard: Heard
    called: str
    caller: str


LEAVE = {"srtp": Srtp.REQUIRE, "t38_in_clear": True}


@dataclass(frozen=True)
class Scenario:
    """One call: trunk settings at both ends, and what is sent."""

    caller: Mapping[str, Any]
    called: Mapping[str, Any]
    sheets: tuple[Sheet, ...] = (Sheet(rows=200),)
    number: str = "+49301"
    first_page: int = 1
    tones: str = ""
    sub_address: str = "4711"


SCENARIOS = {
    **{f"t38 {a} {b}": Scenario({"t38": a}, {"t38": b}) for a in T38Policy for b in T38Policy},
    "a-law": Scenario({"t38": N, "codecs": ("PCMA",)}, {"t38": N}),
    "mu-law": Scenario({"t38": N, "codecs": ("PCMU",)}, {"t38": N}),
    "called side has only mu-law": Scenario({"t38": N}, {"t38": N, "codecs": ("PCMU",)}),
    "without error correction": Scenario({"ecm": False}, {}),
    "slow": Scenario({"max_bit_rate": 4800}, {}),
    "three pages": Scenario({}, {}, (Sheet(rows=150), Sheet(rows=150, y_dpi=196), Sheet(rows=150))),
    "as wide as A3 and B4": Scenario({}, {}, (Sheet(rows=150, width=2432), Sheet(rows=150, width=2048))),
    "resumed": Scenario({}, {}, (Sheet(rows=150), Sheet(rows=150)), first_page=2),
    "odd number": Scenario({}, {}, number="+4930#1*2"),
    "repaired by FEC": Scenario({}, {"error_correction": ErrorCorrection.FEC, "max_datagram": 320}),
    "diverted": Scenario({"caller_form": CallerForm.DIVERSION}, {"called_from": CalledForm.DIVERSION}),
    "digits behind the number": Scenario(
        {"t38": N}, {"t38": N, "dtmf_digits": 4, "dtmf_wait_s": 10.0}, tones=",47,11", sub_address=""
    ),
    "encrypted": Scenario({"srtp": Srtp.REQUIRE}, {"srtp": Srtp.OFFER}),
    "encrypted where both can": Scenario({"t38": N, "srtp": Srtp.OFFER}, {"t38": N, "srtp": Srtp.OFFER}),
    "encrypted by one alone": Scenario({"t38": N, "srtp": Srtp.OFFER}, {"t38": N}),
    "encrypted until T.38": Scenario({"srtp": Srtp.OFFER}, {"srtp": Srtp.OFFER}),
    "encrypted until T.38 by leave": Scenario(LEAVE, LEAVE),
    "over IPv6": Scenario({"host": "::1"}, {"host": "::1", "sources": ("::1",)}),
}


async def _call(name: str, scenario: Scenario, folder: Path) -> Outcome:
    sent_file, received_file = draw_fax(folder / f"{name}-sent.tif", scenario.sheets), folder / f"{name}.tif"
    sender_heard, receiver_heard = Heard(), Heard()
    async with a_line(dict(scenario.caller), dict(scenario.called)) as line:
        arriving = line.called.listens()
        await asyncio.sleep(0)
        sending = asyncio.ensure_future(
            line.caller.sends(
                sent_file,
                scenario.number,
                sender_heard,
                first_page=scenario.first_page,
                tones=scenario.tones,
                sub_address=scenario.sub_address,
                local_id="+49 30 1",
                caller_number="49301",
                caller_name="Ärzte & Co",
            )
        )
        call = await arriving
        received = await call.receive(received_file, local_id="STATION", on_event=receiver_heard)
        sent = await sending
    return Outcome(
        sent, received, sent_file, received_file, sender_heard, receiver_heard, call.called, call.caller
    )


async def _all(folder: Path) -> dict[str, Outcome]:
    calls = {
        name: asyncio.ensure_future(_call(name, scenario, folder)) for name, scenario in SCENARIOS.items()
    }
    await asyncio.wait(calls.values())
    return {name: call.result() for name, call in calls.items()}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, Outcome]:
    return asyncio.run(_all(tmp_path_factory.mktemp("calls")))


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_page_arrives_as_it_was_sent(outcomes, name):
    outcome, scenario = outcomes[name], SCENARIOS[name]

    assert outcome.sent.disposition is outcome.received.disposition is Disposition.DELIVERED
    assert pictures(outcome.received_file) == pictures(outcome.sent_file)[scenario.first_page - 1 :]


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_ends_tell_the_same_facts(outcomes, name):
    sent, received = outcomes[name].sent, outcomes[name].received

    for fact in ("medium", "ecm", "compression", "bit_rate", "pages_confirmed"):
        assert getattr(sent, fact) == getattr(received, fact), fact
    assert (sent.remote_id, received.remote_id) == ("STATION", "+49 30 1")
    assert received.sub_address == "4711"
    assert [page.rows for page in sent.pages] == [page.rows for page in received.pages]
    assert sent.call_id == received.call_id
    assert sent.sip_status == 200


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_happens_is_told_in_order(outcomes, name):
    outcome = outcomes[name]
    pages = list(range(1, outcome.sent.pages_confirmed + 1))

    assert outcome.sender_heard.confirmed == outcome.receiver_heard.confirmed == pages
    assert outcome.sender_heard.kinds()[0] == "Dialled"
    assert outcome.sender_heard.kinds()[-1] == "CallReleased"


@pytest.mark.parametrize("caller", T38Policy)
@pytest.mark.parametrize("called", T38Policy)
def test_t38_is_used_where_one_asks_and_the_other_takes_it(outcomes, caller, called):
    medium = outcomes[f"t38 {caller} {called}"].sent.medium

    wanted = N not in (caller, called) and P in (caller, called)
    assert medium is (Medium.T38 if wanted else Medium.AUDIO)


def test_without_error_correction_a_page_is_compressed_in_two_dimensions(outcomes):
    sent = outcomes["without error correction"].sent

    assert (sent.ecm, sent.compression) == (False, Compression.MR)


def test_a_slow_trunk_is_slow(outcomes):
    assert outcomes["slow"].sent.bit_rate == 4800


def test_resolutions_are_those_of_the_pages(outcomes):
    assert [page.y_dpi for page in outcomes["three pages"].received.pages] == [98, 196, 98]


@pytest.mark.parametrize(
    ("name", "medium"),
    [
        ("encrypted", Medium.AUDIO),
        ("encrypted until T.38", Medium.T38),
        ("encrypted until T.38 by leave", Medium.T38),
    ],
)
def test_a_call_that_must_be_encrypted_stays_in_audio_and_one_that_may_be_moves_to_t38(
    outcomes, name, medium
):
    assert outcomes[name].sent.medium is outcomes[name].received.medium is medium


def test_a_number_with_plus_hash_and_star_arrives_as_dialled(outcomes):
    assert (outcomes["odd number"].called, outcomes["odd number"].caller) == ("+4930#1*2", "49301")


def test_a_diverted_call_is_for_the_number_that_diverted_it(outcomes):
    assert outcomes["diverted"].called == "49301"


@pytest.fixture
async def twenty(tmp_path) -> AsyncIterator[tuple[list[Transmission], Path]]:
    sent_file = draw_fax(tmp_path / "sent.tif", [Sheet(rows=150)])
    async with a_line() as line:

        async def take(number: int) -> Transmission:
            call = await line.called.next_call()
            return await call.receive(tmp_path / f"{number}.tif", local_id="", on_event=Heard())

        taking = [asyncio.ensure_future(take(number)) for number in range(20)]
        await asyncio.sleep(0)
        await asyncio.gather(*(line.caller.sends(sent_file) for _ in range(20)))
        yield list(await asyncio.gather(*taking)), sent_file


async def test_twenty_calls_at_once_lose_no_page(twenty, tmp_path):
    received, sent_file = twenty

    assert [call.disposition for call in received] == [Disposition.DELIVERED] * 20
    for number in range(20):
        assert pictures(tmp_path / f"{number}.tif") == pictures(sent_file)


@pytest.mark.parametrize("taken", [False, True])
async def test_a_call_that_still_rings_when_the_engine_stops_hears_that_another_one_should_be_called(
    tmp_path, taken
):
    async with a_station() as called:
        first = called.listens()
        async with a_station(calls=called.address) as caller:
            sending = [asyncio.ensure_future(caller.sends(draw_fax(tmp_path / "fax.tif"))) for _ in range(2)]
            call = await first
            async with asyncio.timeout(PATIENCE):
                while len(called.engine._calls) < 2:
                    await asyncio.sleep(0.02)

            called.engine.refuse_calls()
            if taken:
                await called.engine.__aexit__()
            else:
                await call.reject(486)
            facts = await asyncio.gather(*sending)

    if taken:
        # The port may be closed when the first caller confirms: the other call then ends without a status.
        assert {one.disposition for one in facts} <= {Disposition.CONGESTED, Disposition.TRUNK_UNAVAILABLE}
        assert {one.retry_after for one in facts} == {timedelta()}
    else:
        assert sorted(one.sip_status for one in facts) == [486, 503]
