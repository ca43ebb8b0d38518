"""A call of the simulated engine that comes in."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from telephony.disposition import Disposition
from telephony.engine import Offer, OnEvent
from telephony.events import CallAnswered, CallReleased, PageConfirmed
from telephony.page_file import StoredPage, keep_pages, whole_pages
from telephony.transmission import Compression, Medium, PageFacts, Transmission

BIT_RATE = 14400


class SimulatedCall:
    """An IncomingCall that remembers how it was treated."""

    def __init__(
        self,
        *,
        call_id: str,
        called: str,
        caller: str,
        pages: Path,
        confirms: int | None,
        sub_address: str,
        polls: bool,
        now: Callable[[], datetime],
    ) -> None:
        self.call_id = call_id
        self.called = called
        self.caller = caller
        self.rejected_with: int | None = None  #: SIP status
        self.transmission: Transmission | None = None
        self.ended = asyncio.Event()  #: received or rejected
        self._pages = pages
        self._confirms = confirms
        self._sub_address = sub_address
        self._polls = polls
        self._now = now

    async def receive(
        self, pages: Path, *, local_id: str, on_event: OnEvent, offers: Sequence[Offer] = ()
    ) -> Transmission:
        """The machine's pages are in `pages`, as many as the script says; or it has those of the offer."""
        started_at = self._now()
        on_event(CallAnswered())
        source, target = self._pages, pages
        name = self._sub_address if any(offer.sub_address for offer in offers) else ""
        offer = next((offer for offer in offers if offer.sub_address == name), None)
        if self._polls and offer:
            source, target = offer.pages, self._pages
        sent = [] if self._polls and not offer else whole_pages(source)[: self._confirms]
        confirmed: list[PageFacts] = []
        for count, page in enumerate(sent, start=1):
            await asyncio.to_thread(keep_pages, source, target, count)
            confirm([page], confirmed, on_event)
        self.transmission = Transmission(
            disposition=self._disposition(len(confirmed)),
            polled=bool(self._polls and offer),
            call_id=self.call_id,
            trunk="",
            started_at=started_at,
            ended_at=self._now(),
            answered_at=started_at,
            pages=tuple(confirmed),
            medium=Medium.T38,
            bit_rate=BIT_RATE,
            ecm=True,
            compression=Compression.MMR,
            remote_id=self.caller[-20:],
            local_id=local_id,
            sub_address=self._sub_address,
        )
        on_event(CallReleased(self.transmission))
        self.ended.set()
        return self.transmission

    async def reject(self, sip_status: int) -> None:
        """The fax machine hears this status."""
        self.hears(sip_status)

    def hears(self, sip_status: int) -> None:
        """The call is refused."""
        self.rejected_with = sip_status
        self.ended.set()

    def _disposition(self, confirmed: int) -> Disposition:
        if self._polls and not confirmed:
            return Disposition.NOTHING_TO_POLL
        if self._confirms is None:
            return Disposition.DELIVERED
        return Disposition.INTERRUPTED if confirmed else Disposition.LINE_FAILED


def confirm(pages: list[StoredPage], confirmed: list[PageFacts], on_event: OnEvent) -> None:
    """The pages are confirmed, behind those that were."""
    for page in pages:
        facts = PageFacts(len(confirmed) + 1, page.width, page.rows, 0, BIT_RATE, page.y_dpi)
        confirmed.append(facts)
        on_event(PageConfirmed(facts))
