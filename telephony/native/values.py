"""What goes into the C core and comes out of it: frozen values, with the names and numbers of faxcore.h."""

from dataclasses import dataclass, field, fields
from enum import IntEnum


class Kind(IntEnum):
    """The events of faxcore.h, by their numbers there."""

    INVITE = 1
    REINVITE = 2
    PROVISIONAL = 3
    ACCEPTED = 4
    REFUSED = 5
    ACKED = 6
    BYE = 7
    CANCELLED = 8
    TERMINATED = 9
    TONE = 10
    NEGOTIATED = 11
    PAGE = 12
    FAX_DONE = 13
    STOPPED = 14
    REGISTERED = 15
    ALIVE = 16
    REFRESH = 17


OF_CHANNEL = frozenset({Kind.TONE, Kind.NEGOTIATED, Kind.PAGE, Kind.FAX_DONE})


@dataclass(frozen=True, slots=True)
class NativeEvent:
    """One event of the core; what a kind does not carry is 0 or ""."""

    kind: Kind
    id: int
    status: int = 0
    cause: int = 0
    retry_after: int = 0
    page: int = 0
    width: int = 0
    rows: int = 0
    bad_rows: int = 0
    bit_rate: int = 0
    y_dpi: int = 0
    ecm: int = 0
    encoding: int = 0
    sends: int = 0
    text: str = ""
    sdp: str = ""
    from_user: str = ""
    from_name: str = ""
    to_user: str = ""
    request_user: str = ""
    sip_call_id: str = ""
    source: str = ""
    contact: str = ""
    to_tag: str = ""
    asserted: str = ""
    diversion: str = ""
    remote_id: str = ""
    sub_address: str = ""


NUMBERS = tuple(one.name for one in fields(NativeEvent) if one.default == 0)
TEXTS = tuple(one.name for one in fields(NativeEvent) if one.default == "")


@dataclass(frozen=True, slots=True)
class Ports:
    """A channel and the local ports it listens on."""

    channel: int
    rtp: int
    udptl: int


@dataclass(frozen=True, slots=True)
class SipRequest:
    """What a request that begins something says. The addresses of From and To stand in angle brackets."""

    uri: str  #: the Request-URI
    sender: str  #: From
    to: str
    sip_call_id: str = ""
    route: str = ""  #: the outbound proxy, in angle brackets
    headers: tuple[str, ...] = ()  #: further header lines
    username: str = ""
    password: str = field(default="", repr=False)
    supported: tuple[str, ...] = ()  #: option tags
    require: tuple[str, ...] = ()
    session_expires_s: int = 0  #: of an INVITE; 0 has no session timer


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """What both sides of a call encrypt with (RFC 3711): keys of 16 bytes with a salt of 14 behind them."""

    tag_bytes: int  #: of each packet's tag: 10 or 4
    ours: bytes = field(repr=False)
    theirs: bytes = field(repr=False)
