"""The SIP peer that calls go to and come from."""

from dataclasses import dataclass, field
from enum import StrEnum


class T38Policy(StrEnum):
    """What we do about T.38 on a trunk."""

    PREFER = "prefer"  #: ask for it when fax tones are heard
    ACCEPT = "accept"  #: take it when offered
    NEVER = "never"  #: stay on G.711


class CallerForm(StrEnum):
    """Where a trunk looks for the number that calls."""

    FROM = "from"  #: From alone (RFC 3261)
    ASSERTED = "asserted"  #: P-Asserted-Identity too (RFC 3325)
    DIVERSION = "diversion"  #: Diversion too (RFC 5806)


class CalledForm(StrEnum):
    """Where a trunk says which number was called."""

    REQUEST_URI = "request_uri"
    TO = "to"
    DIVERSION = "diversion"  #: the number that diverted the call to us


class Extension(StrEnum):
    """What we do about an extension of SIP in calls that we make; in calls that come in both are known."""

    OFF = "off"
    SUPPORT = "support"  #: say that we know it
    REQUIRE = "require"  #: a peer that does not know it refuses the call with 420


class EarlyMedia(StrEnum):
    """What we do about audio that a far end wants before it answers (SDP in a 183, RFC 3960)."""

    IGNORE = "ignore"  #: most of it is ringing and announcements
    ACCEPT = "accept"  #: fax machines may talk already; their pages count when the call is answered


class ErrorCorrection(StrEnum):
    """How UDPTL packets that are lost are won back (ITU-T T.38 9.1)."""

    REDUNDANCY = "redundancy"
    FEC = "fec"
    NONE = "none"


class Srtp(StrEnum):
    """What we do about audio that is encrypted with keys in the SDP (RFC 3711, RFC 4568)."""

    OFF = "off"
    OFFER = "offer"  #: where the peer does it too (RFC 8643)
    REQUIRE = "require"  #: no audio in clear: RTP/SAVP; and T.38, which has no encryption, only by leave


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
    keep_alive_s: float = 0.0  #: seconds between two OPTIONS; 0 asks nothing
    keep_alive_misses: int = 3  #: OPTIONS in a row without an answer until the trunk counts as down
    sources: tuple[str, ...] = ()  #: addresses and networks that calls come from, beside the proxy's own

    session_timer: Extension = Extension.SUPPORT  #: RFC 4028; "require" asks for one
    session_expires_s: float = 1800.0  #: seconds without a refresh until a call counts as dead
    reliable: Extension = Extension.SUPPORT  #: 100rel, RFC 3262
    early_media: EarlyMedia = EarlyMedia.IGNORE  #: of calls that we make
    caller_form: CallerForm = CallerForm.FROM  #: of calls that we make
    caller_host: str = ""  #: what stands behind the @ of the number that calls; "" means our address
    called_from: CalledForm = CalledForm.REQUEST_URI  #: of calls that come in
    caller_from: CallerForm = CallerForm.FROM  #: of calls that come in
    dtmf_digits: int = 0  #: of calls that come in: so many digits behind the called number are waited for
    dtmf_wait_s: float = 5.0  #: seconds that they are waited for
    error_correction: ErrorCorrection = ErrorCorrection.REDUNDANCY  #: that we ask for in T.38
    udptl_depth: int = 3  #: earlier packets repeated in each datagram, or the entries of FEC
    max_datagram: int = 1400  #: bytes; the largest datagram that is sent and promised to be taken
    srtp: Srtp = Srtp.OFF
    t38_in_clear: bool = False  #: with `Srtp.REQUIRE`: a call with encrypted audio may move to T.38

    @property
    def t38_policy(self) -> T38Policy:
        """What is done about T.38: nothing where no fax may go in clear."""
        return T38Policy.NEVER if self.srtp is Srtp.REQUIRE and not self.t38_in_clear else self.t38

    def extensions(self, which: Extension) -> tuple[str, ...]:
        """The option tags of the extensions that are set to `which`, or to more."""
        wanted = {"timer": self.session_timer, "100rel": self.reliable}
        enough = {which, Extension.REQUIRE}
        return tuple(tag for tag, setting in wanted.items() if setting in enough)

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
