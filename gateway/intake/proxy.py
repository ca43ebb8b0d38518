"""Clients that speak for others: whom a load balancer or a relay says that it speaks for.

Only those listed are believed: whoever may say where it comes from may send faxes.

Spec: the PROXY protocol, versions 1 and 2 (haproxy.org, proxy-protocol.txt); Postfix's XCLIENT_README.
"""

import asyncio
from dataclasses import dataclass
from ipaddress import ip_address

from aiosmtpd.proxy_protocol import V2_CMD, get_proxy

from gateway.intake.parameters import xtext

XCLIENT_ATTRIBUTES = ("NAME", "ADDR", "PORT", "PROTO", "HELO")
_UNKNOWN = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})
_PATIENCE = 10.0  # seconds


async def client_behind(blocks: asyncio.StreamReader) -> str | None:
    """The address in the PROXY header; "" when the proxy speaks for itself; None when there is no header."""
    try:
        async with asyncio.timeout(_PATIENCE):
            header = await get_proxy(blocks)
    except (TimeoutError, asyncio.IncompleteReadError):
        return None
    if not header.valid:
        return None
    if header.command == V2_CMD.LOCAL or header.src_addr is None:
        return ""
    try:
        return str(ip_address(str(header.src_addr)))
    except ValueError:  # a Unix socket
        return ""


@dataclass(frozen=True, slots=True)
class Client:
    """Whom XCLIENT names; "" is what it does not say."""

    address: str = ""  #: an IP address, or "unknown"
    hello: str = ""


def read_xclient(argument: str) -> Client | None:
    """What stands behind XCLIENT, or None when it cannot be read."""
    found: dict[str, str] = {}
    for attribute in argument.split():
        name, equals, value = attribute.partition("=")
        decoded = xtext(value)
        if name.upper() not in XCLIENT_ATTRIBUTES or not equals or decoded is None:
            return None
        found[name.upper()] = "unknown" if decoded.upper() in _UNKNOWN else decoded
    address = found.get("ADDR", "")
    if address not in {"", "unknown"}:
        try:
            address = str(ip_address(address[5:] if address[:5].upper() == "IPV6:" else address))
        except ValueError:
            return None
    hello = found.get("HELO", "")
    return Client(address, "" if hello == "unknown" else hello) if found else None
