"""[trunk.NAME]: the SIP peers that calls go to and come from, with their defaults."""

from dataclasses import dataclass
from datetime import timedelta

from gateway.model.secret import Secret


@dataclass(frozen=True, slots=True)
class TrunkSection:
    """[trunk.NAME]: one SIP peer. Calls take the first one that works, in the order of the file."""

    proxy: str = ""  #: required
    channels: int = 4
    t38: str = "prefer"  #: "prefer", "accept" or "never"
    ecm: bool = True
    max_bit_rate: int = 14400  #: bit/s
    codecs: tuple[str, ...] = ("PCMA", "PCMU")  #: in order of preference
    answer_timeout: timedelta = timedelta(seconds=90)
    no_fax_timeout: timedelta = timedelta(seconds=75)  #: from answer until fax machines agreed
    username: str = ""
    password: Secret | None = None  #: read from password_file
    register: bool = False
    register_every: timedelta = timedelta(minutes=10)
    outbound_proxy: str = ""  #: a SIP URI; "" means that requests go to proxy itself
    keep_alive: timedelta = timedelta(seconds=30)  #: between two OPTIONS
    keep_alive_misses: int = 3  #: until the trunk counts as down; 0 asks nothing
    sources: tuple[str, ...] = ()  #: addresses and networks of calls, beside the proxy's own
    session_timer: str = "support"  #: "off", "support" or "require": of calls that we make
    session_expires: timedelta = timedelta(minutes=30)
    reliable: str = "support"  #: "off", "support" or "require": of calls that we make
    early_media: str = "ignore"  #: "ignore" or "accept": audio before the answer
    caller_form: str = "from"  #: "from", "asserted" or "diversion": of calls that we make
    caller_host: str = ""  #: behind the @ of the number that calls; "" means our address
    called_from: str = "request_uri"  #: "request_uri", "to" or "diversion": of calls that come in
    caller_from: str = "from"  #: "from", "asserted" or "diversion": of calls that come in
    dtmf_digits: int = 0  #: behind the called number, of calls that come in
    dtmf_wait: timedelta = timedelta(seconds=5)  #: how long they are waited for
    error_correction: str = "redundancy"  #: "redundancy", "fec" or "none"
    udptl_depth: int = 3
    max_datagram: int = 1400  #: bytes
    srtp: str = "off"  #: "off", "offer" or "require": audio encrypted with keys in the SDP
    t38_in_clear: bool = False  #: with "require": T.38, without encryption, behind encrypted audio
    srtp_without_tls: bool = False  #: although whoever reads the SIP messages then has the keys
    dial_as: str = ""  #: "e164", "international" or "national"; "" means [dialling] dial_as
    prefix: str = ""  #: before every number but internal ones; "" means [dialling] outside_line
