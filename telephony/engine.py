"""A fax engine: sends these pages to that number, and takes the calls that come in.

The gateway relies on this page alone. `telephony.sip_engine` is the real one, `telephony.simulated`
plays a script; `tests/contract` holds both to it.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
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
    narrow: Path | None = None  #: the same ones, none wider than A4: for a machine that does not know A3
    first_page: int = 1  #: pages before this one are not sent (they were confirmed in an earlier call)
    local_id: str = ""  #: TSI: at most 20 characters (ITU-T T.30 5.3.6.2.4)
    caller_number: str = ""  #: user part of From; empty means anonymous to the trunk
    caller_name: str = ""
    tones: str = ""  #: dialled after the answer: digits, and "," for 2 seconds of pause
    sub_address: str = ""  #: SUB: who behind the far machine is meant; at most 20 of 0-9, * and #


@dataclass(frozen=True, slots=True)
class PollOrder:
    """Fetch the pages that lie ready at that number (ITU-T T.30 5.3.6.1.2, DTC)."""

    number: str  #: as dialled: the user part of the Request-URI
    pages: Path  #: TIFF class F; it is written
    trunk: Trunk
    local_id: str = ""  #: CIG: at most 20 characters
    caller_number: str = ""  #: as in `SendOrder`, like what follows
    caller_name: str = ""
    tones: str = ""
    sub_address: str = ""  #: SEP: which document is meant; at most 20 of 0-9, * and #
    password: str = ""  #: PWD: likewise


@dataclass(frozen=True, slots=True)
class Offer:
    """A document that a caller may fetch instead of sending one (polling)."""

    pages: Path  #: TIFF class F
    sub_address: str = ""  #: that names it (SEP): at most 20 of 0-9, * and #; "": for who names none
    password: str = ""  #: that he must say (PWD): at most 20 of 0-9, * and #; "" demands none


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

    async def receive(
        self, pages: Path, *, local_id: str, on_event: OnEvent, offers: Sequence[Offer] = ()
    ) -> Transmission:
        """The call is answered and every confirmed page is in the TIFF file `pages`, on disk (fsync).

        A page is on disk before the sending machine is told so; `on_event` hears of it after that. A caller
        may fetch one of the `offers` instead: then the transmission is `polled`, and its pages went out.
        Where no offer has a sub-address, one that he says is passed over.
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

    async def poll(self, order: PollOrder, on_event: OnEvent) -> Transmission:
        """The facts of the call; every confirmed page is in `order.pages`, on disk before it was confirmed.

        "Delivered" means that the far end had no more. Cancelling hangs up.

        Raises:
            EngineClosed: the engine is closed.
        """
        ...

    def is_up(self, trunk: Trunk) -> bool:
        """Whether calls can be expected to get through this trunk: it answers, and knows us where it must.

        One that has asked for a rest (503 with Retry-After) is down until that is over.
        """
        ...

    def rest_of(self, trunk: Trunk) -> timedelta:
        """For how long this trunk has asked to be left alone; zero also when it is down without a word."""
        ...

    def refuse_calls(self) -> None:
        """Calls that come in from now on are refused with 503, and so are those that nobody has taken yet."""
        ...

    def incoming(self) -> AsyncIterator[IncomingCall]:
        """The calls that come in, until the engine is closed."""
        ...
