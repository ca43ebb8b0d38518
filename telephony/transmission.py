"""The facts of one finished fax call, and of each of its pages."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from telephony.disposition import Disposition


class Medium(StrEnum):
    """What carried the T.30 session."""

    AUDIO = "audio"  #: G.711 over RTP (RFC 3550, RFC 3551)
    T38 = "t38"  #: T.38 over UDPTL (ITU-T T.38)


class Compression(StrEnum):
    """How rows are coded on the wire."""

    MH = "MH"  #: ITU-T T.4, one-dimensional
    MR = "MR"  #: ITU-T T.4, two-dimensional
    MMR = "MMR"  #: ITU-T T.6


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One confirmed page."""

    number: int  #: 1 is the first page of this call
    width: int  #: pixels
    rows: int
    bad_rows: int  #: rows damaged on the line; always 0 with ECM
    bit_rate: int  #: bit/s
    y_dpi: int  #: vertical resolution, lines per inch: 98, 196 or 391


@dataclass(frozen=True, slots=True)
class Transmission:
    """How one call ended and what it carried. Times are aware UTC."""

    disposition: Disposition
    call_id: str  #: SIP Call-ID
    trunk: str
    started_at: datetime
    ended_at: datetime
    answered_at: datetime | None = None
    detail: str = ""  #: for the operator: SIP reason phrase or T.30 completion, in words
    sip_status: int | None = None
    q850_cause: int | None = None
    retry_after: timedelta = timedelta()  #: that whoever refused the call asks for until the next one
    t30_result: int | None = None
    pages: tuple[PageFacts, ...] = field(default=())  #: the confirmed ones, in order
    medium: Medium | None = None
    bit_rate: int = 0  #: bit/s at the end
    ecm: bool = False
    compression: Compression | None = None
    remote_id: str = ""  #: TSI or CSI, as received
    local_id: str = ""
    polled: bool = False  #: the caller fetched what was on offer: the pages went out
    sub_address: str = ""  #: as received, by SUB or else DTMF: who behind our number is meant

    @property
    def pages_confirmed(self) -> int:
        """How many pages the receiving side confirmed."""
        return len(self.pages)

    @property
    def duration(self) -> timedelta:
        """From the INVITE to the end."""
        return self.ended_at - self.started_at

    @property
    def bad_rows(self) -> int:
        """Rows damaged on the line, over all pages."""
        return sum(page.bad_rows for page in self.pages)
