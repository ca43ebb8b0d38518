"""The SIP peer that calls go to and come from."""

from dataclasses import dataclass
from enum import StrEnum


class T38Policy(StrEnum):
    """What we do about T.38 on a trunk."""

    PREFER = "prefer"  #: ask for it when fax tones are heard
    ACCEPT = "accept"  #: take it when offered
    NEVER = "never"  #: stay on G.711


@dataclass(frozen=True, slots=True)
class Trunk:
    """One SIP peer."""

    name: str
    proxy: str  #: SIP URI, for example "sip:pbx.example.com:5060"
    channels: int = 4  #: calls at once
    t38: T38Policy = T38Policy.PREFER
    ecm: bool = True
    max_bit_rate: int = 14400  #: bit/s: 14400 (V.17), 9600 (V.29), 4800 (V.27ter)
    answer_timeout_s: float = 90.0  #: seconds from INVITE to answer
    codecs: tuple[str, ...] = ("PCMA", "PCMU")  #: in order of preference
    no_fax_timeout_s: float = (
        75.0  #: seconds from answer until fax machines agreed: T1 and a slow switch fit in
    )
