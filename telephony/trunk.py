"""The SIP peer that calls go to and come from."""

from dataclasses import dataclass, field
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
    username: str = ""  #: for who asks for it: our account at the trunk; also the user that is registered
    password: str = field(default="", repr=False)
    register: bool = False  #: tell the trunk where we are, again and again
    register_every_s: float = 600.0  #: seconds a registration is asked to last
    outbound_proxy: str = ""  #: SIP URI that requests go to instead of `proxy`
    keep_alive_s: float = 30.0  #: seconds between two OPTIONS; 0 asks nothing
    keep_alive_misses: int = 3  #: OPTIONS in a row without an answer until the trunk counts as down
    sources: tuple[str, ...] = ()  #: addresses and networks that calls come from, beside the proxy's own

    @property
    def uses_tls(self) -> bool:
        """Whether SIP goes to the trunk over TLS."""
        next_hop = (self.outbound_proxy or self.proxy).lower()
        return next_hop.startswith("sips:") or "transport=tls" in next_hop

    @property
    def route(self) -> str:
        """The Route of requests that begin something, or ""."""
        uri = self.outbound_proxy
        return f"<{uri}{'' if ';lr' in uri else ';lr'}>" if uri else ""
