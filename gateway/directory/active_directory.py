"""Active Directory: what is where.

A person is found by his main address (mail), by any other one (proxyAddresses, where Exchange keeps them
with "smtp:" in front) and by his user principal name. Groups come with those they are nested in, by one
search with the matching rule LDAP_MATCHING_RULE_IN_CHAIN. The primary group ("Domain Users") is not among
them: Active Directory keeps it elsewhere.

Spec: [MS-ADTS] 3.1.1.3.4.4.3 (the matching rule), 2.2.16 (userAccountControl).
"""

from gateway.directory.entry import Entry
from gateway.directory.layout import Layout

_ACCOUNT_DISABLED = 0x2

_PERSON = "(objectCategory=person)(objectClass=user)"

ACTIVE_DIRECTORY = Layout(
    person=f"(&{_PERSON}(|(mail={{mail}})(proxyAddresses=smtp:{{mail}})(userPrincipalName={{mail}})))",
    login=f"(&{_PERSON}(|(sAMAccountName={{user}})(userPrincipalName={{user}})(mail={{user}})))",
    attributes={
        "mail": ("mail", "userPrincipalName"),
        "name": ("displayName", "cn"),
        "user": ("sAMAccountName",),
        "fax_number": ("facsimileTelephoneNumber", "otherFacsimileTelephoneNumber"),
        "phone": ("telephoneNumber",),
        "company": ("company",),
        "department": ("department",),
        "cost_centre": ("extensionAttribute1",),
        "language": ("preferredLanguage",),
    },
    nested_group="(member:1.2.840.113556.1.4.1941:={dn})",
    addresses=("mail", "proxyAddresses", "userPrincipalName"),
    extra=("userAccountControl",),
)


def is_disabled(entry: Entry) -> bool:
    """The account was switched off by an administrator."""
    flags = entry.first("userAccountControl")
    return flags.isdigit() and bool(int(flags) & _ACCOUNT_DISABLED)
