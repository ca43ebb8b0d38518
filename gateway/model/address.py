"""What a recipient's address says, before anybody decides whether it can be dialled."""

from dataclasses import dataclass

from gateway.model.options import Wish


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """The parts of one address, as its dialect tells them apart."""

    number: str  #: as it was written; `gateway.model.dialling` makes it a number to dial
    sub_address: str = ""  #: T33S of RFC 3192: who behind the fax machine is meant
    name: str = ""  #: of the person who gets the fax
    company: str = ""
    wishes: tuple[Wish, ...] = ()  #: what else the address asks for


@dataclass(frozen=True, slots=True)
class Written:
    """An address in one of our domains, cut at the @ and without quotes."""

    local_part: str
    label: str = ""  #: what stands before our domain, without the dot: "5551234" of a@5551234.fax.example.com


def ascii_domain(domain: str) -> str:
    """A mail domain as it is compared: in lower case, without a dot at its end, and in ASCII (RFC 5890)."""
    domain = domain.lower().rstrip(".")
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
