"""The real fax engine: SIP, RTP and T.38 by the C core.

See `telephony.engine` for what it promises.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

from telephony.call.answer import SipIncomingCall
from telephony.call.dial import OutgoingCall
from telephony.call.media import Line
from telephony.call.session import CallSession
from telephony.disposition import Disposition
from telephony.engine import IncomingCall, OnEvent, PollOrder, SendOrder
from telephony.errors import EngineClosed, TlsMissing, UnreadablePages
from telephony.events import CallReleased
from telephony.name_relay import NameRelay
from telephony.native.bridge import NativeCore
from telephony.native.library import versions
from telephony.native.values import NativeEvent
from telephony.page_file import StoredPage, whole_pages
from telephony.strangers import Strangers
from telephony.tls import TlsSettings
from telephony.transmission import Transmission
from telephony.trunk import Trunk
from telephony.uri import SipUri
from telephony.watch import TrunkWatch

__all__ = ["SipEngine", "versions"]

_log = logging.getLogger("faxgw.telephony")
_ANY = ("0.0.0.0", "[::]", "*")  # noqa: S104
_WIDTHS = frozenset({1728, 2048, 2432, 3456, 4096, 4864})  # pixels (ITU-T T.4 2.1 and T.30 table 2)
_ENDING = 40.0  # seconds that calls have to end at close


def _unusable(invite: NativeEvent) -> tuple[int, str]:
    why = {400: "it has no Contact", 415: "its body is encoded (Content-Encoding)"}
    return invite.status, why.get(invite.status, "it cannot be understood")


def _sendable_pages(file: Path, first_page: int) -> list[StoredPage]:
    pages = whole_pages(file)[first_page - 1 :]
    if not pages:
        raise UnreadablePages(f"{file.name} has no page {first_page} that can be sent.")
    for page in pages:
        if page.width not in _WIDTHS:
            raise UnreadablePages(f"{file.name} has a page {page.width} pixels wide; a fax page has 1728.")
    return pages


class SipEngine:
    """Makes and takes fax calls at one SIP address."""

    def __init__(
        self,
        listen: str,
        media_ports: tuple[int, int] = (16384, 32767),
        media_address: str = "",
        trunks: Sequence[Trunk] = (),
        *,
        user_agent: str = "faxgw",
        tls: TlsSettings | None = None,
        resolv_conf: Path | None = None,
    ) -> None:
        """An engine for `listen` ("127.0.0.1:5060"); it starts with `async with`.

        `media_address` is what peers are told to send RTP and UDPTL to; "" means our address on the way to
        the peer. `resolv_conf` names the name servers in place of /etc/resolv.conf. Incoming calls follow the
        settings of their trunk; others are refused with 403.
        """
        self._host, _, port = listen.rpartition(":")
        self._port = int(port)
        self._media_ports, self._media_address = media_ports, media_address
        self._trunks = tuple(trunks)
        self._user_agent, self._tls = user_agent, tls
        self._names = NameRelay(resolv_conf)
        self._core: NativeCore | None = None
        self._watches: dict[str, TrunkWatch] = {}
        self._watching: asyncio.Task[None] | None = None
        self._strangers = Strangers()
        self._calls: set[CallSession] = set()
        self._closing = self._refuses_calls = False
        self._arrived: asyncio.Queue[SipIncomingCall | None] | None = None

    async def __aenter__(self) -> "SipEngine":
        """Listening.

        Raises:
            AddressInUse: the SIP port is taken.
            BadCertificate: a file of the TLS settings cannot be read.
            TlsMissing: a trunk uses TLS and there are no settings for it.
            NativeCoreMissing: the core is not built.
        """
        for trunk in self._trunks:
            if trunk.uses_tls and not self._tls:
                raise TlsMissing(
                    f"The trunk {trunk.name} uses TLS: say in [sip] tls_listen where our end of it is."
                )
        url = f"sip:{self._host}:{self._port}"
        resolv_conf = await self._names.open()
        try:
            core = NativeCore(url, self._user_agent, self._on_invite, self._tls, resolv_conf)
        except BaseException:
            await self._names.close()
            raise
        self._core = core
        host = self._media_address or (socket.gethostname() if self._host in _ANY else self._host)
        self._watches = {trunk.name: TrunkWatch(core, trunk, host) for trunk in self._trunks}
        self._watching = asyncio.ensure_future(self._watch())
        return self

    async def _watch(self) -> None:
        async with asyncio.TaskGroup() as group:
            for watch in self._watches.values():
                group.create_task(watch.run())

    async def __aexit__(self, *exc_info: object) -> None:
        """Every call has ended and the address is free."""
        self.refuse_calls()
        self._closing = True
        if self._watching:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        for call in list(self._calls):
            call.hang_up(Disposition.CANCELLED)
        if self._calls:
            await asyncio.wait([call.finished for call in self._calls], timeout=_ENDING)
        if self._arrived:
            self._arrived.put_nowait(None)
        core, self._core = self._core, None
        if core:
            await core.close()
        await self._names.close()

    def statistics(self) -> dict[str, int]:
        """Counters: ticks and lateness (microseconds) of the media thread, packets, channels, strangers."""
        return self._alive().statistics() | {"strangers_refused": self._strangers.refused}

    def is_up(self, trunk: Trunk) -> bool:
        """Whether calls can be expected to get through this trunk; True for one that is not watched."""
        watch = self._watches.get(trunk.name)
        return watch is None or watch.is_up

    def rest_of(self, trunk: Trunk) -> timedelta:
        """See `telephony.engine.FaxEngine.rest_of`."""
        watch = self._watches.get(trunk.name)
        return timedelta(seconds=watch.rest_s) if watch else timedelta()

    def is_registered(self, trunk: Trunk) -> bool:
        """Whether the trunk has taken our registration, and it still holds."""
        return self._watches[trunk.name].is_registered

    async def send(self, order: SendOrder, on_event: OnEvent) -> Transmission:
        """The facts of the call; see `telephony.engine.FaxEngine.send`."""
        self._alive()
        pages = await asyncio.to_thread(_sendable_pages, order.pages, order.first_page)
        return await self._call(order, on_event, pages_owed=len(pages))

    async def poll(self, order: PollOrder, on_event: OnEvent) -> Transmission:
        """The facts of the call; see `telephony.engine.FaxEngine.poll`."""
        return await self._call(order, on_event, pages_owed=None)

    async def _call(
        self, order: SendOrder | PollOrder, on_event: OnEvent, *, pages_owed: int | None
    ) -> Transmission:
        self._alive()
        next_hop = SipUri.parse(order.trunk.outbound_proxy or order.trunk.proxy)
        line = self._line(await self._local_address(next_hop))
        watch = self._watches.get(order.trunk.name)
        may_go_to = watch.may_go_to if watch else lambda _: False
        call = OutgoingCall(line, order, on_event, pages_owed=pages_owed, may_go_to=may_go_to)
        call.dial()
        self._keep(call)
        transmission = await call.ended_or_cancelled()
        if watch and call.trunk_asks_for_rest:
            watch.rest(transmission.retry_after.total_seconds())
        on_event(CallReleased(transmission))
        return transmission

    async def incoming(self) -> AsyncIterator[IncomingCall]:
        """The calls that come in; until somebody asks for them they are refused with 480."""
        if self._closing:
            return
        self._arrived = self._arrived or asyncio.Queue()
        while call := await self._arrived.get():
            yield call

    def refuse_calls(self) -> None:
        """See `telephony.engine.FaxEngine.refuse_calls`."""
        self._refuses_calls = True
        while self._arrived and not self._arrived.empty():
            if call := self._arrived.get_nowait():
                call.refuse(503)

    def _on_invite(self, invite: NativeEvent) -> None:
        source = invite.source.rpartition(":")[0]
        trunk = self._trunk_of(invite)
        if trunk is None:
            self._strangers.refuse(self._alive(), invite)
            return
        call = SipIncomingCall(self._line(self._address_towards(source)), trunk, invite)
        self._keep(call)
        if invite.status:
            _log.warning("trunk %s: a call is refused with %d: %s", trunk.name, *_unusable(invite))
            call.refuse(invite.status)
        elif self._refuses_calls or self._arrived is None:
            call.refuse(503 if self._refuses_calls else 480)
        else:
            self._arrived.put_nowait(call)

    def _trunk_of(self, invite: NativeEvent) -> Trunk | None:
        """The trunk a call comes from; of several at one address that at its port, or with its account."""
        address, _, port = invite.source.rpartition(":")
        known = [trunk for trunk in self._trunks if self._watches[trunk.name].knows(address)]
        for trunk in known:
            if trunk.proxy and str(SipUri.parse(trunk.proxy).port or 5060) == port:
                return trunk
        for trunk in known:
            if trunk.username and trunk.username in (invite.request_user, invite.to_user):
                return trunk
        return known[0] if known else None

    def _keep(self, call: CallSession) -> None:
        self._calls.add(call)
        call.finished.add_done_callback(lambda _: self._calls.discard(call))

    def _alive(self) -> NativeCore:
        if not self._core:
            raise EngineClosed
        return self._core

    def _line(self, local_address: str) -> Line:
        bind = self._host.strip("[]")
        if self._host in _ANY:
            bind = "::" if ":" in local_address else "0.0.0.0"  # noqa: S104
        return Line(self._alive(), bind, self._media_address or local_address, self._media_ports)

    async def _local_address(self, peer: SipUri) -> str:
        if self._host not in _ANY:
            return self._host.strip("[]")
        host, port = peer.host.strip("[]"), peer.port or 5060
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        except OSError:
            return socket.gethostname()
        return self._address_towards(str(found[0][4][0]))

    def _address_towards(self, peer: str) -> str:
        """Our address on the way to `peer`; no packet is sent for that."""
        if self._host not in _ANY:
            return self._host.strip("[]")
        family = socket.AF_INET6 if ":" in peer else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((peer, 9))
            except OSError:
                return "127.0.0.1"
            return str(probe.getsockname()[0])
