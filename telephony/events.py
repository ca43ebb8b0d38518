"""What happens during a call, in the past tense. Frozen, so that they may cross threads."""

from dataclasses import dataclass

from telephony.transmission import Medium, PageFacts, Transmission


@dataclass(frozen=True, slots=True)
class Dialled:
    """The INVITE left."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Ringing:
    """The far end rings or sends early media."""

    sip_status: int


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The call was answered; audio flows."""


@dataclass(frozen=True, slots=True)
class MediumSwitched:
    """The session is carried by another medium from here on."""

    medium: Medium


@dataclass(frozen=True, slots=True)
class SessionNegotiated:
    """The fax machines agreed (T.30 phase B)."""

    bit_rate: int
    ecm: bool
    remote_id: str


@dataclass(frozen=True, slots=True)
class PageConfirmed:
    """A page was confirmed: by the far end when sending; on our disk, before we say so, when receiving."""

    page: PageFacts


@dataclass(frozen=True, slots=True)
class CallReleased:
    """The call is over."""

    transmission: Transmission


CallEvent = (
    Dialled | Ringing | CallAnswered | MediumSwitched | SessionNegotiated | PageConfirmed | CallReleased
)
