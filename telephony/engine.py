"""A fax engine: sends these pages to that number, and takes the calls that come in.

The gateway relies on this page alone. `telephony.sip_engine` is the real one, `telephony.simulated`
plays a script; `tests/contract` holds both to it.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from telephony.events import CallEvent
from telephony.transmission import Transmission
from telephony.trunk import Trunk

OnEvent = Callable[[CallEvent], None]


@dataclass(frozen=True, slots=True)
class SendOrder:
    """Send these pages to that number."""

    number: str  #: as dialled: the user part of the Request-URI
    pages: Path  #: TIFF class F
    trunk: Trunk
    first_page: int = 1  #: pages before this one are not sent (they were confirmed in an earlier call)
    local_id: str = ""  #: TSI: at most 20 characters (ITU-T T.30 5.3.6.2.4)
    caller_number: str = ""  #: user part of From; empty means anonymous to the trunk
    caller_name: str = ""


class IncomingCall(Protocol):
    """A call that rings. Exactly one of `receive` and `reject` is called, once."""

    @property
    def call_id(self) -> str:
        """SIP Call-ID."""
        ...

    @property
    def called(self) -> str:
        """The number that was called (DID)."""
        ...

    @property
    def caller(self) -> str:
        """The calling number, or "" when withheld."""
        ...

    async def receive(self, pages: Path, *, local_id: str, on_event: OnEvent) -> Transmission:
        """The call is answered and every confirmed page is in the TIFF file `pages`, on disk (fsync).

        A page is on disk before the sending machine is told so; `on_event` hears of it after that.
        """
        ...

    async def reject(self, sip_status: int) -> None:
        """The call is refused: 486 when all channels are busy, 503 when draining, 404 for no such DID."""
        ...


class FaxEngine(Protocol):
    """Makes and takes fax calls. Used as `async with`."""

    async def __aenter__(self) -> "FaxEngine":
        """Listening."""
        ...

    async def __aexit__(self, *exc_info: object) -> None:
        """Every call has ended and the address is free."""
        ...

    async def send(self, order: SendOrder, on_event: OnEvent) -> Transmission:
        """The facts of the call, however it ended. Cancelling hangs up.

        `on_event` is called on the event loop, in order; one `PageConfirmed` per page the far end confirmed.

        Raises:
            UnreadablePages: `order.pages` is no TIFF class F.
            EngineClosed: the engine is closed.
        """
        ...

    def is_up(self, trunk: Trunk) -> bool:
        """Whether calls can be expected to get through this trunk: it answers, and knows us where it must."""
        ...

    def incoming(self) -> AsyncIterator[IncomingCall]:
        """The calls that come in, until the engine is closed."""
        ...
