"""A network between two engines that loses, repeats, delays and reorders their RTP and UDPTL.

Each engine has media on 127.0.0.1 and is told to announce an address of the network instead
(`media_address`): what is sent to a port of that address goes on to the same port of the engine, and looks as
if it came from the address of the other one. No SIP is touched. Chance has a seed.
"""

import asyncio
import contextlib
import itertools
import os
import random
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from telephony.sip_engine import SipEngine
from telephony.trunk import Trunk
from tests.fix_sip import Line, Station, free_address

_NEAR, _FAR, _HOME = "127.0.0.2", "127.0.0.3", "127.0.0.1"
_PORTS_OF_A_CALL = 4  # RTP is the first of them, UDPTL the third
_chunks = itertools.count(os.getpid())


@dataclass(frozen=True)
class Weather:
    """What the network does to packets, each stream by itself."""

    loss: float = 0.0  #: share of packets that are lost
    burst: int = 1  #: so many in a row each time
    twice: float = 0.0  #: share that comes twice
    jitter_ms: float = 0.0  #: each is late by up to this, so that they overtake each other


@dataclass
class _Stream:
    """One direction of one port."""

    weather: Weather
    random: random.Random
    to_lose: int = 0

    def delays(self) -> list[float]:
        """Seconds until each copy of the next packet arrives; none when it is lost."""
        weather = self.weather
        if self.to_lose == 0 and self.random.random() < weather.loss / weather.burst:
            self.to_lose = weather.burst
        if self.to_lose:
            self.to_lose -= 1
            return []
        copies = 2 if self.random.random() < weather.twice else 1
        return [self.random.uniform(0, weather.jitter_ms / 1000) for _ in range(copies)]


@dataclass
class BadNetwork:
    """The sockets between the engines, and what happened to packets."""

    weather: Weather
    seed: int
    passed: int = 0
    lost: int = 0
    _sockets: dict[tuple[str, int], socket.socket] = field(default_factory=dict)
    _streams: dict[tuple[str, int], _Stream] = field(default_factory=dict)

    def open(self, near: range, far: range) -> None:
        """Packets to these ports, of the engine with them, are passed on from now on."""
        for address, ports in ((_NEAR, near), (_FAR, far)):
            for first, step in itertools.product(ports[::_PORTS_OF_A_CALL], (0, 2)):
                self._open_port(address, first + step)

    def _open_port(self, address: str, port: int) -> None:
        door = self._sockets[address, port] = socket.socket(type=socket.SOCK_DGRAM)
        door.setblocking(False)
        door.bind((address, port))
        self._streams[address, port] = _Stream(
            self.weather, random.Random(f"{self.seed} {address} {len(self._streams)}")
        )
        asyncio.get_running_loop().add_reader(door, self._pass_on, address, port)

    def _pass_on(self, address: str, port: int) -> None:
        door, stream = self._sockets[address, port], self._streams[address, port]
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                packet, (_, source) = door.recvfrom(2048)
                other = self._sockets.get((_FAR if address == _NEAR else _NEAR, source))
                delays = stream.delays() if other else []
                self.lost += not delays
                for delay in delays:
                    self.passed += 1
                    asyncio.get_running_loop().call_later(delay, self._deliver, other, packet, port)

    def _deliver(self, door: socket.socket, packet: bytes, port: int) -> None:
        with contextlib.suppress(OSError):  # the call is over, or the network is
            door.sendto(packet, (_HOME, port))

    def fall_silent(self) -> None:
        """From now on every packet is lost."""
        for stream in self._streams.values():
            stream.weather = Weather(loss=1.0)

    def close(self) -> None:
        """Nothing is passed on any more."""
        for door in self._sockets.values():
            asyncio.get_running_loop().remove_reader(door)
            door.close()


def _is_free(ports: range) -> bool:
    with contextlib.ExitStack() as taken:
        for address, port in itertools.product((_HOME, _NEAR, _FAR), ports):
            probe = taken.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def _free_ports(count: int) -> Iterator[range]:
    """Ranges of so many ports below those that other tests use."""
    while True:
        first = 10000 + next(_chunks) * 64 % 9000
        if _is_free(ports := range(first, first + count)):
            yield ports


@contextlib.asynccontextmanager
async def a_bad_line(
    weather: Weather, *, calls: int = 1, seed: int = 1, **settings: object
) -> AsyncIterator[tuple[Line, BadNetwork]]:
    """Two engines for so many calls at once, their trunks set so, and the network between them."""
    count = calls * _PORTS_OF_A_CALL
    ranges = _free_ports(count)
    near, far = next(ranges), next(ranges)
    network = BadNetwork(weather, seed)
    network.open(near, far)
    try:
        called_at, caller_at = free_address(), free_address()
        to_called = Trunk("called", proxy=f"sip:{called_at}", channels=calls, **settings)  # type: ignore[arg-type]
        to_caller = Trunk("caller", proxy=f"sip:{caller_at}", channels=calls, **settings)  # type: ignore[arg-type]
        async with (
            SipEngine(called_at, _span(far), _FAR, [to_caller]) as called,
            SipEngine(caller_at, _span(near), _NEAR, [to_called]) as caller,
        ):
            yield Line(Station(caller, to_called, caller_at), Station(called, to_caller, called_at)), network
    finally:
        network.close()


def _span(ports: range) -> tuple[int, int]:
    return ports[0], ports[-1]
