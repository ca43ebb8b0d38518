"""What is where in an LDAP directory: how a person is searched for, and which attribute means what.

A kind of directory is one value of `Layout`; a site changes filters and attributes by settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of directory. In filters {mail}, {local} and {name} stand for parts of an address.

    {local} is what stands before the @, {name} the same with spaces for "." and "_"; {user} is a login.
    """

    person: str  #: the filter for an address
    login: str  #: the filter for a user name
    attributes: Mapping[
        str, tuple[str, ...]
    ]  #: field of a person -> attributes, the first with a value counts
    by_local_part: str = ""  #: more ways to find a person of `mail_domains`, inside an (|...)
    group: str = ""  #: the filter for the groups an entry {dn} (of user {user}) is in directly
    nested_group: str = ""  #: the filter for all groups at once, where the server can do that
    addresses: tuple[str, ...] = ("mail",)  #: attributes with addresses, some with "smtp:" in front
    extra: tuple[str, ...] = field(default=())  #: attributes read beyond those


_COMMON: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "mail": ("mail",),
        "name": ("displayName", "cn"),
        "user": ("uid",),
        "fax_number": ("facsimileTelephoneNumber",),
        "phone": ("telephoneNumber",),
        "company": ("o", "company"),
        "department": ("departmentNumber", "ou"),
        "cost_centre": ("costCenter",),
        "language": ("preferredLanguage",),
    }
)

#: RFC 2798 inetOrgPerson; groups of RFC 4519, and of RFC 2307.
LDAP = Layout(
    person="(|(mail={mail})(mailAlternateAddress={mail}))",
    login="(|(uid={user})(mail={user}))",
    attributes=_COMMON,
    addresses=("mail", "mailAlternateAddress"),
    group="(|(member={dn})(uniqueMember={dn})(&(objectClass=posixGroup)(memberUid={user})))",
)
