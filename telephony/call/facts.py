"""What is known of a call so far; in the end it is the `Transmission`."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from telephony.causes import t30_disposition
from telephony.disposition import Disposition
from telephony.native.values import NativeEvent
from telephony.transmission import Compression, Medium, PageFacts, Transmission

_COMPRESSIONS = {1: Compression.MH, 2: Compression.MR, 3: Compression.MMR}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class CallFacts:
    """Filled in by the events of one call."""

    started_at: datetime = field(default_factory=_now)
    answered_at: datetime | None = None
    disposition: Disposition | None = None
    detail: str = ""
    sip_status: int | None = None
    q850_cause: int | None = None
    retry_after: timedelta = timedelta()
    t30_result: int | None = None
    pages: list[PageFacts] = field(default_factory=list)
    pages_announced: int = (
        0  #: by the end of the session; the last ones may still be on their way to the disk
    )
    medium: Medium | None = None
    bit_rate: int = 0
    ecm: bool = False
    compression: Compression | None = None
    remote_id: str = ""
    sub_address: str = ""
    negotiated: bool = False
    polled: bool = False

    def answer(self) -> None:
        """The call was answered now."""
        self.answered_at = _now()

    def take_session(self, event: NativeEvent) -> None:
        """What the fax machines agreed on is known."""
        self.bit_rate = event.bit_rate or self.bit_rate
        self.ecm = bool(event.ecm)
        self.compression = _COMPRESSIONS.get(event.encoding, self.compression or Compression.MH)
        self.remote_id = event.remote_id.strip() or self.remote_id
        self.sub_address = event.sub_address.strip() or self.sub_address

    def take_page(self, event: NativeEvent) -> PageFacts:
        """The page that was confirmed, counted."""
        self.take_session(event)
        page = PageFacts(
            number=event.page,
            width=event.width,
            rows=event.rows,
            bad_rows=event.bad_rows,
            bit_rate=event.bit_rate,
            y_dpi=event.y_dpi,
        )
        self.pages.append(page)
        return page

    def take_result(self, event: NativeEvent) -> None:
        """How the fax session ended is known."""
        self.t30_result = event.status
        self.detail = self.detail or event.text
        self.sub_address = event.sub_address.strip() or self.sub_address
        self.remote_id = event.remote_id.strip() or self.remote_id
        self.pages_announced = event.page

    @property
    def awaits_pages(self) -> bool:
        """The session is over, but pages of it are on their way to the disk."""
        return len(self.pages) < self.pages_announced

    def judge(self, pages_owed: int | None) -> None:
        """The fax session's end decides how the call ended, where nothing else did before."""
        if self.disposition is None and self.t30_result is not None:
            self.disposition = t30_disposition(
                self.t30_result,
                pages_confirmed=len(self.pages),
                pages_owed=pages_owed,
                negotiated=self.negotiated,
            )

    def transmission(self, *, call_id: str, trunk: str, local_id: str) -> Transmission:
        """The facts of the call, which ends now."""
        return Transmission(
            disposition=self.disposition or Disposition.LINE_FAILED,
            call_id=call_id,
            trunk=trunk,
            started_at=self.started_at,
            ended_at=_now(),
            answered_at=self.answered_at,
            detail=self.detail,
            sip_status=self.sip_status,
            q850_cause=self.q850_cause,
            retry_after=self.retry_after,
            t30_result=self.t30_result,
            pages=tuple(self.pages),
            medium=self.medium,
            bit_rate=self.bit_rate,
            ecm=self.ecm,
            compression=self.compression,
            remote_id=self.remote_id,
            polled=self.polled,
            sub_address=self.sub_address,
            local_id=local_id,
        )
