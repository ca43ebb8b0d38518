"""Questions to name servers: who is asked, and what is said when nobody answers."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import dns.asyncquery
import dns.exception
import dns.message
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.name_relay import NameRelay, _failure
from tests.fakes.dns_server import DnsServer
from tests.patience import PATIENCE

RECORD = "pbx.example.test. A 192.0.2.7"
QUESTION = "pbx.example.test"


@asynccontextmanager
async def a_relay(resolv_conf):
    relay = NameRelay(resolv_conf)
    try:
        yield await relay.open()
    finally:
        await relay.close()


def port_of(file: Path) -> int:
    words = file.read_text().split()
    return int(words[words.index("port") + 1])


async def asked(relay: Path) -> dns.message.Message:
    question = dns.message.make_query(QUESTION, "A", use_edns=0)
    return await dns.asyncquery.udp(question, "127.0.0.1", port=port_of(relay), timeout=PATIENCE)


async def test_an_answer_goes_through_as_it_is(tmp_path):
    async with DnsServer(RECORD) as server:
        (tmp_path / "resolv.conf").write_text(f"nameserver 127.0.0.1\nport {server.port}\n")
        async with a_relay(tmp_path / "resolv.conf") as relay:
            answer = await asked(relay)

    assert [str(record) for record in answer.answer] == ["pbx.example.test. 60 IN A 192.0.2.7"]


async def test_the_next_server_is_asked_when_the_first_cannot_be_addressed(tmp_path):
    async with DnsServer(RECORD) as server:
        lines = f"nameserver 255.255.255.255\nnameserver 127.0.0.1\nport {server.port}\n"
        (tmp_path / "resolv.conf").write_text(lines)
        async with a_relay(tmp_path / "resolv.conf") as relay:
            answer = await asked(relay)

    assert answer.answer


@pytest.mark.parametrize(
    "lines", ["nameserver 255.255.255.255", "nameserver 127.0.0.1\nport 9", "nameserver nonsense\nport 9"]
)
async def test_a_question_that_nobody_answers_ends_with_server_failure(tmp_path, lines):
    (tmp_path / "resolv.conf").write_text(lines)
    async with a_relay(tmp_path / "resolv.conf") as relay:
        answer = await asked(relay)

    assert answer.rcode() == dns.rcode.SERVFAIL
    assert str(answer.question[0].name) == f"{QUESTION}."


async def test_servers_that_come_later_are_asked_and_the_search_list_is_kept(tmp_path):
    (tmp_path / "resolv.conf").write_text("nameserver 255.255.255.255\nsearch example.test # ours\n")
    async with DnsServer(RECORD) as server, a_relay(tmp_path / "resolv.conf") as relay:
        (tmp_path / "resolv.conf").write_text(f"nameserver 127.0.0.1\nport {server.port}\n")

        answer = await asked(relay)

        assert relay.read_text().splitlines()[2:] == ["search example.test"]
    assert answer.answer


async def test_what_is_no_question_gets_no_answer_and_a_question_after_it_does(tmp_path):
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\nport 9")
    async with a_relay(tmp_path / "resolv.conf") as relay:
        stranger, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", port_of(relay))
        )
        for data in (b"", b"\0" * 12, b"\xff" * 40, b"\0" * 11 + b"\1" + b"\x3f" * 20):
            stranger.sendto(data)

        answer = await asked(relay)

        stranger.close()
    assert answer.rcode() == dns.rcode.SERVFAIL


@given(st.binary(max_size=80))
def test_a_failure_says_nothing_that_was_not_asked(question):
    answer = _failure(question)

    if answer is None:
        return
    assert answer[:2] == question[:2]
    assert answer[12:] == question[12 : len(answer)]
    try:
        read = dns.message.from_wire(answer)
    except (dns.exception.DNSException, ValueError):  # such names there are not
        return
    assert read.rcode() == dns.rcode.SERVFAIL
