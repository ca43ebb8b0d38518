"""The one name server that sofia-sip asks: ours, on this machine, which asks those of the system.

sofia-sip 1.12.11 must not ask them itself. When none of them can be addressed, because the network is away,
it tries them again and again without a pause, and its thread does nothing else any more: no call, no answer,
no end (docs/interop.md). Here such a question gets an answer, "server failure", and the call fails with it.

Questions and answers go through as they are. Spec: RFC 1035 clause 4 (messages), resolv.conf(5).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import tempfile
from collections.abc import Iterator
from pathlib import Path

SYSTEM = Path("/etc/resolv.conf")

_HEADER = 12  # bytes
_WAITS = (2.0, 3.0)  # seconds for the answer of each server; all of them are asked twice
_MOST_SERVERS = 3  # as in resolv.conf(5)
_MOST_QUESTIONS = 200  # at once; a trunk asks for a few
_RESPONSE, _RECURSION = 0x81, 0x80
_SERVER_FAILURE = 2

Address = tuple[str, int]


class NameRelay(asyncio.DatagramProtocol):
    """Answers from `open` to `close`."""

    def __init__(self, source: Path | None = None) -> None:
        """Asks the servers that `source`, by default the system's file, names at that moment."""
        self._source = source or SYSTEM
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._asking: dict[tuple[Address, bytes], asyncio.Task[None]] = {}

    async def open(self) -> Path:
        """It listens; the resolv.conf that names it."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        port = self._transport.get_extra_info("sockname")[1]
        others = [line for line in self._lines() if not line.startswith(("nameserver", "port"))]
        self._folder = tempfile.TemporaryDirectory(prefix="faxgw-names-")
        file = Path(self._folder.name, "resolv.conf")
        file.write_text("\n".join(["nameserver 127.0.0.1", f"port {port}", *others, ""]))
        return file

    async def close(self) -> None:
        """Nothing of it is left."""
        if self._transport:
            self._transport.close()
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        if self._folder:
            self._folder.cleanup()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """A question. The same one again, while it is being asked, is passed over."""
        asked = (addr, data[:2])
        if len(data) <= _HEADER or asked in self._asking or len(self._asking) >= _MOST_QUESTIONS:
            return
        task = self._asking[asked] = asyncio.ensure_future(self._answer(data, addr))
        task.add_done_callback(lambda _: self._asking.pop(asked, None))

    async def _answer(self, question: bytes, whom: Address) -> None:
        answer = await self._ask(question) or _failure(question)
        if answer and self._transport and not self._transport.is_closing():
            self._transport.sendto(answer, whom)

    async def _ask(self, question: bytes) -> bytes | None:
        """What the first server that answers says."""
        for wait in _WAITS:
            for server in self._servers():
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(wait):
                        return await _ask_server(question, server)
        return None

    def _servers(self) -> list[Address]:
        words = [line.split() for line in self._lines()]
        named = [
            word[1] for word in words if word[0] == "nameserver" and len(word) > 1 and _is_address(word[1])
        ]
        ports = [
            int(word[1]) for word in words if word[0] == "port" and len(word) > 1 and word[1].isdecimal()
        ]
        return [(host, ports[-1] if ports else 53) for host in named[:_MOST_SERVERS] or ["127.0.0.1"]]

    def _lines(self) -> Iterator[str]:
        with contextlib.suppress(
            OSError
        ):  # without the file the server is 127.0.0.1, as resolv.conf(5) has it
            for line in self._source.read_text(errors="replace").splitlines():
                if words := line.partition("#")[0].partition(";")[0].strip():
                    yield words


class _Waiting(asyncio.DatagramProtocol):
    def __init__(self, question: bytes) -> None:
        self._id = question[:2]
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _: Address) -> None:
        if data[:2] == self._id and len(data) >= _HEADER and not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _ask_server(question: bytes, server: Address) -> bytes:
    loop = asyncio.get_running_loop()
    transport, waiting = await loop.create_datagram_endpoint(lambda: _Waiting(question), remote_addr=server)
    try:
        transport.sendto(question)
        return await waiting.answer
    finally:
        waiting.answer.cancel()
        transport.close()


def _is_address(text: str) -> bool:
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(text))
    return False


def _failure(question: bytes) -> bytes | None:
    """The answer "server failure"; None when that is no question."""
    at = _HEADER
    while at < len(question) and question[at]:  # labels: a length and as many characters
        at += 1 + question[at]
    end = at + 5  # the empty label, type and class
    if end > len(question) or question[2] & 0x80:
        return None
    flags = bytes([_RESPONSE, _RECURSION | _SERVER_FAILURE])
    return question[:2] + flags + bytes([0, 1, 0, 0, 0, 0, 0, 0]) + question[_HEADER:end]
