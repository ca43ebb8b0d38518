"""A trunk that asks for a rest: 503 with Retry-After (RFC 3261 21.5.4)."""

import asyncio
import logging

import pytest

from telephony.disposition import Disposition
from telephony.native.values import Kind
from telephony.trunk import Trunk
from telephony.watch import TrunkWatch
from tests.fakes.fax_core import FakeCore, in_no_time
from tests.unit.telephony.conftest import CallUnderTest


def a_watch(**settings: float) -> TrunkWatch:
    return TrunkWatch(FakeCore(), Trunk("main", "sip:192.0.2.9", **settings), "192.0.2.1")  # type: ignore[arg-type]


@in_no_time
async def test_a_trunk_rests_for_as_long_as_it_asks_and_is_up_again_by_itself(caplog):
    watch = a_watch()

    watch.rest(30)
    at_once = (watch.is_up, watch.rest_s)
    await asyncio.sleep(29)
    shortly_before = (watch.is_up, watch.rest_s)
    await asyncio.sleep(2)

    assert (at_once, shortly_before) == ((False, 30.0), (False, 1.0))
    assert (watch.is_up, watch.rest_s) == (True, 0.0)
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        "trunk main is down: it asks for no call in the next 30 s",
        "trunk main is up again: it has rested for 30 s",
    ]


@pytest.mark.parametrize(("asked", "rests"), [((0,), 0), ((4294967295,), 300), ((60, 5), 60), ((5, 60), 60)])
@in_no_time
async def test_the_longest_of_what_it_asked_for_counts_up_to_five_minutes(asked, rests):
    watch = a_watch()

    for seconds in asked:
        watch.rest(seconds)

    assert watch.rest_s == rests


@in_no_time
async def test_a_trunk_that_rests_is_not_asked_whether_it_is_there():
    watch = a_watch(keep_alive_s=10.0)
    core: FakeCore = watch._core  # type: ignore[assignment]
    looking = asyncio.ensure_future(watch.run())
    await asyncio.sleep(1)
    core.sip(Kind.ALIVE, status=503, text="Service Unavailable", retry_after=90)
    await asyncio.sleep(80)
    asked_in_its_rest, is_up = core.verbs().count("options"), watch.is_up
    await asyncio.sleep(30)
    looking.cancel()
    await asyncio.wait([looking])

    assert (asked_in_its_rest, is_up) == (1, False)
    assert core.verbs().count("options") > 1


@pytest.mark.parametrize(
    ("answer", "trunk_is_meant"),
    [
        ({"status": 503}, True),
        ({"status": 503, "cause": 34}, True),
        ({"status": 503, "cause": 17}, False),
        ({"status": 486}, False),
        ({"status": 500}, False),
    ],
)
@in_no_time
async def test_only_a_503_about_the_trunk_itself_gives_it_a_rest(line, answer, trunk_is_meant):
    call = line.dials()

    line.core.sip(Kind.REFUSED, text="no", retry_after=60, **answer)

    assert call.trunk_asks_for_rest is trunk_is_meant


@in_no_time
async def test_a_503_of_a_host_that_the_trunk_sent_us_to_is_no_rest_of_the_trunk():
    line = CallUnderTest()
    call = line.dials()

    line.core.sip(Kind.REFUSED, status=302, contact="sip:+49301@192.0.2.7")
    line.core.sip(Kind.REFUSED, status=503, retry_after=60)
    line.is_terminated()

    facts = await call.finished
    assert (facts.disposition, facts.retry_after.total_seconds()) == (Disposition.CONGESTED, 60)
    assert not call.trunk_asks_for_rest
