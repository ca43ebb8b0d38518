"""Referrals: a server that does not hold part of the tree names who does (RFC 4511 4.1.10, 4.5.3).

They are followed to servers of `referrals` alone, and to the address that is written there: whoever could
send us elsewhere would get our password.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from ldapurl import LDAPUrl


def followed(urls: Iterable[str], listed: Sequence[str]) -> list[tuple[str, str]]:
    """Server and base of each referral that leads to the host of a listed server; each once."""
    servers = {_host(server): server for server in listed}
    found: dict[tuple[str, str], None] = {}
    for url in urls:
        host, base = _parts(url)
        if host in servers:
            found[servers[host], base] = None
    return list(found)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").casefold()


def _parts(url: str) -> tuple[str, str]:
    """Host and distinguished name; "" for what is no LDAP URL (RFC 4516)."""
    try:
        read = LDAPUrl(url)
        return _host(f"ldap://{read.hostport}"), read.dn or ""
    except ValueError:
        return "", ""
