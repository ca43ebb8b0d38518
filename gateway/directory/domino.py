"""The address book of HCL Domino, by its LDAP task: what is where.

`mail` is computed by Domino from several items (InternetAddress, ShortName, MailAddress, the Global Domain
document), so that a search for it may not find what it shows. Persons of our own mail domains are therefore
also found by short name (uid) and by name (cn), as Domino's router does it: First_Last@ and First.Last@ are
the person "First Last". Addresses of other domains are found by `mail` alone.
"""

from gateway.directory.layout import Layout

_PERSON = "(objectClass=dominoPerson)"

DOMINO = Layout(
    person=f"(&{_PERSON}(mail={{mail}}))",
    by_local_part=f"(&{_PERSON}(|(uid={{local}})(cn={{name}})))",
    login=f"(&{_PERSON}(|(uid={{user}})(mail={{user}})(cn={{user}})))",
    attributes={
        "mail": ("mail",),
        "name": ("displayName", "cn"),
        "user": ("uid",),
        "fax_number": ("facsimileTelephoneNumber", "OfficeFAXPhoneNumber"),
        "phone": ("telephoneNumber",),
        "company": ("CompanyName",),
        "department": ("departmentNumber", "ou"),
        "cost_centre": ("employeeNumber",),
        "language": ("preferredLanguage",),
    },
    group="(member={dn})",
)
