"""Requests of strangers, floods of them, and rubbish on the SIP port."""

import asyncio
import socket

import pytest

from telephony import Disposition
from tests.fax_pages import draw_fax
from tests.fix_sip import a_station
from tests.integration.telephony.test_failing_calls import KEPT, footprint, until_given_back
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow


def _request(method: str, address: str, number: int, *, tag: str = "") -> bytes:
    lines = [
        f"{method} sip:+49301@{address} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK{number}",
        "Max-Forwards: 70",
        "From: <sip:stranger@192.0.2.1>;tag=x",
        f"To: <sip:+49301@{address}>{tag}",
        f"Call-ID: stranger-{number}",
        f"CSeq: 1 {method}",
        "Contact: <sip:stranger@192.0.2.1>",
        "Event: presence",
        "Refer-To: <sip:toll@192.0.2.1>",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _answers(address: str, request: bytes) -> int:
    """The status of the final answer."""
    host, port = address.split(":")
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        stranger.connect((host, int(port)))
        await loop.sock_sendall(stranger, request)
        while True:
            answer = await asyncio.wait_for(loop.sock_recv(stranger, 4000), PATIENCE)
            if (status := int(answer.split()[1])) >= 200:
                return status


METHODS = [
    "INFO",
    "MESSAGE",
    "SUBSCRIBE",
    "REFER",
    "NOTIFY",
    "PUBLISH",
    "REGISTER",
    "UPDATE",
    "PRACK",
    "BYE",
    "X",
]


@pytest.mark.parametrize("method", METHODS)
async def test_a_request_that_is_no_business_of_a_fax_is_refused(method):
    async with a_station() as station:
        status = await _answers(station.address, _request(method, station.address, 1))
        in_a_dialog = await _answers(station.address, _request(method, station.address, 2, tag=";tag=none"))

    assert status in (404, 405, 481, 489, 501)
    assert in_a_dialog in (405, 481, 501)


async def test_a_flood_of_requests_from_a_stranger_leaves_nothing_behind():
    async with a_station() as station:
        host, port = station.address.split(":")
        with socket.socket(type=socket.SOCK_DGRAM) as stranger:
            stranger.connect((host, int(port)))

            async def flood(first: int, count: int) -> None:
                for number in range(first, first + count):
                    method = "OPTIONS" if number % 2 else METHODS[number % 11]
                    stranger.send(_request(method, station.address, number))
                    stranger.send(b"\0" * 10 + b"rubbish %d\r\n\r\n" % number)
                    if number % 50 == 0:
                        await asyncio.sleep(0.01)

            await flood(0, 2400)
            await asyncio.sleep(KEPT)
            before = footprint()
            await flood(2400, 2400)
            await until_given_back(before)  # a handle costs 1.6 KiB, and there were 1200 OPTIONS

            status = await _answers(station.address, _request("OPTIONS", station.address, 9999))

        assert status == 200


async def test_an_engine_with_rubbish_on_its_port_still_takes_calls(tmp_path):
    async with a_station() as called, a_station(calls=called.address) as caller:
        host, port = called.address.split(":")
        with socket.socket(type=socket.SOCK_DGRAM) as stranger:
            for size in range(0, 1400, 7):
                stranger.sendto(bytes(range(256)) * 6, (host, int(port)))
                stranger.sendto(_request("INVITE", called.address, size)[:size], (host, int(port)))

        facts = await caller.sends(draw_fax(tmp_path / "fax.tif"))

    assert (facts.disposition, facts.sip_status) == (Disposition.NO_ANSWER, 480)  # nobody takes calls there
