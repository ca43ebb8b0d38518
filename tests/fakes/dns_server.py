"""A name server with a few records of its own."""

import asyncio
from typing import Self

import dns.message
import dns.rdatatype
import dns.rrset


class DnsServer(asyncio.DatagramProtocol):
    """Answers over UDP on loopback, and remembers what it was asked."""

    def __init__(self, *records: str) -> None:
        """`records` like "_sip._udp.example.test. SRV 10 0 5060 a.example.test."."""
        self.asked: list[str] = []
        self.port = 0
        self._records = [dns.rrset.from_text(*_parts(record)) for record in records]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        wanted = question.question[0]
        self.asked.append(f"{wanted.name} {dns.rdatatype.to_text(wanted.rdtype)}")
        answer.answer = [r for r in self._records if (r.name, r.rdtype) == (wanted.name, wanted.rdtype)]
        self._transport.sendto(answer.to_wire(), address)


def _parts(record: str) -> tuple[str, int, str, str, str]:
    name, kind, data = record.split(" ", 2)
    return name, 60, "IN", kind, data
