"""A person as a directory knows him: what his faxes look like, and what decides whether he may send them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """One entry of a directory. Fields it does not have are ""."""

    mail: str  #: his main address, as the directory writes it
    addresses: frozenset[str] = frozenset()  #: all of his addresses
    name: str = ""
    user: str = ""  #: what he logs in with
    groups: frozenset[str] = frozenset()  #: distinguished names and common names, nested ones as well
    fax_number: str = ""  #: his own: calls are made from it, and the other machine shows it
    phone: str = ""
    company: str = ""
    department: str = ""
    cost_centre: str = ""
    language: str = ""  #: RFC 5646, for example "de"
    is_disabled: bool = False  #: his account was closed; he may nothing
    entry: str = ""  #: where it stands: a distinguished name
    directory: str = ""  #: the NAME of [directory.NAME]

    @property
    def memberships(self) -> frozenset[str]:
        """His groups as they are compared: case does not count."""
        return frozenset(group.casefold() for group in self.groups)
