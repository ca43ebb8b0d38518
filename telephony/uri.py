"""SIP URIs of trunks, as far as dialling needs them (RFC 3261 19.1)."""

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from telephony.errors import TelephonyError

_URI = re.compile(
    r"sips?:(?:[^@;?<>\s]*@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?((?:;[^?<>\s]*)?)"
)


class BadUri(TelephonyError):
    """This is no SIP address."""


_USER = re.compile(r"(?:sips?|tel):([^@;>\s]+)", re.IGNORECASE)


def user_in(header: str) -> str:
    """The user or number of the first address in a header such as P-Asserted-Identity; "" without one."""
    found = _USER.search(header)
    return unquote(found[1]) if found else ""


_SEPARATED = re.compile(r"\+?[0-9*#.()-]+")


def plain_number(user: str) -> str:
    """The number in a user part, without parameters and what is there for the eye alone (RFC 3966 5)."""
    number = user.partition(";")[0]
    return re.sub("[-.()]", "", number) if _SEPARATED.fullmatch(number) else number


def escape_user(user: str) -> str:
    """`user` as the user part of a SIP URI."""
    return quote(user, safe="+*-_.!~'()&=$,")


@dataclass(frozen=True, slots=True)
class SipUri:
    """A SIP peer."""

    scheme: str
    host: str  #: in brackets when IPv6
    port: int | None
    parameters: str  #: ";transport=tcp" and the like, or ""

    @classmethod
    def parse(cls, text: str) -> "SipUri":
        """The peer that `text` names, for example "sip:pbx.example.com:5060;transport=tcp".

        Raises:
            BadUri: it names none.
        """
        match = _URI.fullmatch(text.strip())
        if not match or (match[2] and not 0 < int(match[2]) < 65536):
            raise BadUri(f'"{text}" is no SIP address. Write it like "sip:pbx.example.com:5060".')
        return cls(
            text.strip().partition(":")[0], match[1], int(match[2]) if match[2] else None, match[3] or ""
        )

    def address_of(self, user: str) -> str:
        """The address of `user` at this peer, without port and parameters: for To and From."""
        return f"{self.scheme}:{escape_user(user)}@{self.host}"

    def elsewhere(self, contact: str, user: str) -> "SipUri | None":
        """This peer at the host and port of `contact`; None when that is none, or of another user."""
        scheme, _, rest = contact.partition(":")
        if user_in(contact).partition(";")[0] != user:
            return None
        try:
            there = SipUri.parse(f"{scheme}:{rest.rpartition('@')[2]}")
        except BadUri:
            return None
        return replace(self, host=there.host, port=there.port)

    @property
    def bare_host(self) -> str:
        """The host without the brackets of an IPv6 address."""
        return self.host.strip("[]")

    @property
    def without_user(self) -> str:
        """The peer itself: for REGISTER and OPTIONS."""
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}:{self.host}{port}{self.parameters}"

    def with_user(self, user: str) -> str:
        """The Request-URI for `user` at this peer."""
        port = f":{self.port}" if self.port else ""
        return f"{self.address_of(user)}{port}{self.parameters}"
