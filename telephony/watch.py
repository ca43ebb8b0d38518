"""Whether a trunk is up, and which addresses its calls come from.

It is up while its OPTIONS are answered and, where it wants one, our registration holds (RFC 3261 10, 11),
unless it has asked for a rest: 503 with Retry-After (21.5.4). What is not known yet counts as up. A change is
logged once.
"""

import asyncio
import logging
import socket
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from telephony.native.bridge import NativeCore
from telephony.native.values import NativeEvent, SipRequest
from telephony.trunk import Trunk
from telephony.uri import SipUri

_log = logging.getLogger("faxgw.telephony")

_ANSWER = 8.0  # seconds an OPTIONS may take at most
_RESOLVE_AGAIN = 300.0  # seconds
_REGISTER_AGAIN = (2.0, 5.0, 15.0, 60.0)  # seconds after a failure; the last one for ever
_DRAINING = 503  # the answer of a peer that wants no new calls
_MOST_REST = 300.0  # seconds; some say 503 for a single call, and no slip of theirs may silence us for a day


class TrunkWatch:
    """Looks after one trunk while `run` runs."""

    def __init__(self, core: NativeCore, trunk: Trunk, our_host: str) -> None:
        self._core, self._trunk, self._our_host = core, trunk, our_host
        self._proxy = SipUri.parse(trunk.proxy) if trunk.proxy else None
        self._networks = [_network(source) for source in trunk.sources]
        self.addresses: set[str] = set()  #: of the peer, as far as they are known
        self._misses = 0
        self._registered: bool | None = None
        self._was_up = True
        self._resting: asyncio.TimerHandle | None = None
        if self._proxy and _is_address(self._proxy.bare_host):
            self.addresses.add(self._proxy.bare_host)

    @property
    def is_up(self) -> bool:
        """Whether calls can be expected to get through."""
        known = self._registered is not False and self._misses < self._trunk.keep_alive_misses
        return known and self._resting is None

    @property
    def rest_s(self) -> float:
        """Seconds for which the trunk still wants no requests; 0 when it does not rest."""
        return max(0.0, self._resting.when() - asyncio.get_running_loop().time()) if self._resting else 0.0

    def rest(self, seconds: float) -> None:
        """The trunk is down for so long, five minutes at most, and up again by itself."""
        pause = min(seconds, _MOST_REST)
        if pause <= self.rest_s:
            return
        if self._resting:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(pause, self._end_rest, pause)
        self._tell(f"it asks for no call in the next {pause:.0f} s")

    def _end_rest(self, pause: float) -> None:
        self._resting = None
        self._tell(f"has rested for {pause:.0f} s")

    @property
    def is_registered(self) -> bool:
        """Whether the trunk knows where we are."""
        return bool(self._registered)

    def knows(self, address: str) -> bool:
        """Whether a call from this address comes from the trunk. A trunk without a proxy takes any."""
        if not self._proxy or address in self.addresses:
            return True
        return any(ip_address(address) in network for network in self._networks)

    def may_go_to(self, host: str) -> bool:
        """Whether the trunk may send a call on to this host: by its own names, or where calls come from."""
        if _is_address(host):
            return self.knows(host)
        ours = (self._trunk.proxy, self._trunk.outbound_proxy)
        return host.lower() in {SipUri.parse(uri).host.lower() for uri in ours if uri}

    async def run(self) -> None:
        """Keeps names resolved, the registration fresh and the trunk's state known, for ever."""
        if not self._proxy:
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._stay_resolved(self._proxy))
                if self._trunk.register:
                    group.create_task(self._stay_registered(self._proxy))
                if self._trunk.keep_alive_s:
                    group.create_task(self._keep_alive(self._proxy))
        finally:
            if self._resting:
                self._resting.cancel()

    async def _stay_resolved(self, proxy: SipUri) -> None:
        next_hop = SipUri.parse(self._trunk.outbound_proxy) if self._trunk.outbound_proxy else proxy
        while not _is_address(next_hop.bare_host):
            try:
                found = await asyncio.get_running_loop().getaddrinfo(
                    next_hop.bare_host, next_hop.port or 5060, type=socket.SOCK_DGRAM
                )
                self.addresses |= {str(entry[4][0]) for entry in found}
            except OSError:  # it may have SRV records only: then its answers tell where it is
                _log.debug("trunk %s: %s has no address", self._trunk.name, next_hop.bare_host)
            await asyncio.sleep(_RESOLVE_AGAIN)
        self.addresses.add(next_hop.bare_host)

    def _request(self, proxy: SipUri, user: str) -> SipRequest:
        trunk = self._trunk
        return SipRequest(
            uri=proxy.without_user,
            sender=f"<{proxy.address_of(user)}>" if user else f"<sip:faxgw@{self._our_host}>",
            to=f"<{proxy.address_of(user)}>" if user else f"<{proxy.without_user}>",
            route=trunk.route,
            username=trunk.username,
            password=trunk.password,
        )

    async def _keep_alive(self, proxy: SipUri) -> None:
        request = self._request(proxy, "")
        while True:
            if not self._resting:
                await self._ask(request)
            await asyncio.sleep(self._trunk.keep_alive_s)

    async def _ask(self, request: SipRequest) -> None:
        answered: asyncio.Future[NativeEvent] = asyncio.get_running_loop().create_future()

        def hear(event: NativeEvent) -> None:
            if not answered.done():
                answered.set_result(event)

        asked = self._core.options(hear, request)
        try:
            async with asyncio.timeout(min(self._trunk.keep_alive_s, _ANSWER)):
                self._take_answer(await answered)
        except TimeoutError:
            self._miss("no answer to OPTIONS")
        finally:
            self._core.forget(asked)

    def _take_answer(self, answer: NativeEvent) -> None:
        """Any answer of the peer shows that it is there; 503 shows that it wants no calls."""
        if answer.status in (0, _DRAINING):
            self._miss(f"{answer.status or 'no way to it'}: {answer.text}")
            self.rest(answer.retry_after)
            return
        self._learn(answer)
        self._misses = 0
        self._tell("answers")

    def _miss(self, why: str) -> None:
        self._misses += 1
        self._tell(why)

    def _learn(self, answer: NativeEvent) -> None:
        if address := answer.source.rpartition(":")[0]:
            self.addresses.add(address)

    async def _stay_registered(self, proxy: SipUri) -> None:
        request = self._request(proxy, self._trunk.username)
        failures = 0
        while True:
            answers: asyncio.Queue[NativeEvent] = asyncio.Queue()
            ours = self._core.register(answers.put_nowait, request, round(self._trunk.register_every_s))
            while 200 <= (answer := await answers.get()).status < 300:
                failures = 0
                self._learn(answer)
                self._registered = True
                self._tell("is registered")
            # Not in a finally: at a stop the registration must live on, so that the core can take it back.
            self._core.forget(ours)
            self._registered = False
            self._tell(f"REGISTER failed: {answer.status or 'no answer'} {answer.text}")
            pause = _REGISTER_AGAIN[min(failures, len(_REGISTER_AGAIN) - 1)]
            await asyncio.sleep(max(pause, min(answer.retry_after, _MOST_REST)))
            failures += 1

    def _tell(self, why: str) -> None:
        if self.is_up is self._was_up:
            return
        self._was_up = self.is_up
        if self.is_up:
            _log.warning("trunk %s is up again: it %s", self._trunk.name, why)
        else:
            _log.warning("trunk %s is down: %s", self._trunk.name, why)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _network(source: str) -> IPv4Network | IPv6Network:
    return ip_network(source, strict=False)
