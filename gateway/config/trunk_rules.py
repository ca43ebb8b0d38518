"""What each setting of [trunk.NAME], and of TLS in [sip], may be."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from gateway.config import values
from gateway.config.trunks import TrunkSection
from gateway.config.values import Reader

_SIP_URI = values.matching(
    r"sips?:[^\s@;]+(?:;\S*)?", 'a SIP address, for example "sip:pbx.example.com:5060"'
)


def _network(value: object) -> str:
    return str(values.network(value))


TRUNK_RULES: dict[str, Reader] = {
    "sip.tls_listen": values.optional(values.host_and_port),
    "sip.tls_certificate": values.optional_path,
    "sip.tls_key": values.optional_path,
    "sip.tls_ca": values.optional_path,
    "sip.resolv_conf": values.optional_path,
    "trunk.*.proxy": _SIP_URI,
    "trunk.*.channels": values.number(1, 10_000),
    "trunk.*.t38": values.choice("prefer", "accept", "never"),
    "trunk.*.max_bit_rate": values.one_of_numbers(2400, 4800, 7200, 9600, 12000, 14400),
    "trunk.*.codecs": values.list_of(values.choice("PCMA", "PCMU"), at_least=1, example='["PCMA", "PCMU"]'),
    "trunk.*.answer_timeout": values.duration(timedelta(seconds=5), timedelta(minutes=10)),
    "trunk.*.no_fax_timeout": values.duration(timedelta(seconds=10), timedelta(minutes=10)),
    "trunk.*.username": values.matching(r"[^\s\"<>@:;]{1,100}", 'an account, for example "fax"', empty=True),
    "trunk.*.register_every": values.duration(timedelta(seconds=30), timedelta(days=1)),
    "trunk.*.outbound_proxy": values.optional(_SIP_URI),
    "trunk.*.keep_alive": values.duration(timedelta(seconds=1), timedelta(hours=1)),
    "trunk.*.keep_alive_misses": values.number(0, 100),
    "trunk.*.sources": values.list_of(_network, example='["192.0.2.0/24"]'),
    "trunk.*.session_timer": values.choice("off", "support", "require"),
    "trunk.*.session_expires": values.duration(timedelta(seconds=90), timedelta(hours=12)),
    "trunk.*.reliable": values.choice("off", "support", "require"),
    "trunk.*.early_media": values.choice("ignore", "accept"),
    "trunk.*.caller_form": values.choice("from", "asserted", "diversion"),
    "trunk.*.caller_host": values.matching(
        r"[A-Za-z0-9_.:-]{1,253}", 'a host, for example "provider.example"', empty=True
    ),
    "trunk.*.called_from": values.choice("request_uri", "to", "diversion"),
    "trunk.*.caller_from": values.choice("from", "asserted", "diversion"),
    "trunk.*.dtmf_digits": values.number(0, 20),
    "trunk.*.dtmf_wait": values.duration(timedelta(seconds=1), timedelta(seconds=30)),
    "trunk.*.error_correction": values.choice("redundancy", "fec", "none"),
    "trunk.*.udptl_depth": values.number(0, 7),
    "trunk.*.max_datagram": values.number(72, 1400),
    "trunk.*.srtp": values.choice("off", "offer", "require"),
    "trunk.*.dial_as": values.choice("", "e164", "international", "national"),
    "trunk.*.prefix": values.matching(r"[0-9*#]{1,15}", 'digits, for example "0"', empty=True),
}


def mistakes_in_trunks(sections: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What each setting alone cannot tell: which one it is, and what is wrong about it."""
    tls_listen = getattr(sections.get("sip"), "tls_listen", "")
    for name, trunk in sections.get("trunk", {}).items():
        if _uses_tls(trunk) and not tls_listen:
            yield f"trunk.{name}.proxy", "uses TLS: say in [sip] tls_listen where our end of it is"
        if trunk.srtp != "off" and not _uses_tls(trunk) and not trunk.srtp_without_tls:
            yield (
                f"trunk.{name}.srtp",
                "needs a proxy reached by TLS, as the keys stand in the SIP messages: write "
                '";transport=tls" behind it. srtp_without_tls = true does without',
            )


def _uses_tls(trunk: TrunkSection) -> bool:
    next_hop = (trunk.outbound_proxy or trunk.proxy).lower()
    return next_hop.startswith("sips:") or "transport=tls" in next_hop
