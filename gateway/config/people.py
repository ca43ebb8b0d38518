"""The sections about people: where they are looked up, and what they may. docs/directory.md explains them."""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path

from gateway.model.permission import Ban, Permission
from gateway.model.secret import Secret
from gateway.model.tariff import Tariff


@dataclass(frozen=True, slots=True)
class ResolvingSection:
    """[resolving]: whose mails become faxes."""

    unknown: str = "refuse"  #: senders that no directory knows: "refuse" or "allow"
    automatic: str = "refuse"  #: mails written by programs: "refuse" or "allow"
    authserv_id: str = ""  #: the relay whose Authentication-Results prove senders; "" believes every relay


@dataclass(frozen=True, slots=True)
class DirectorySection:
    """[directory.NAME]: where persons are looked up. Several are asked in the order they are written in."""

    kind: str = "ldap"  #: "ldap", "active_directory", "domino" or "sql"
    servers: tuple[str, ...] = ()  #: "ldaps://dc1.example.com"; required but for "sql"
    referrals: tuple[str, ...] = ()  #: servers that referrals may lead to; written like `servers`
    starttls: bool = True  #: for ldap:// servers
    ca_file: Path | None = None  #: None means the authorities of the system
    base: str = ""
    bind: str = "simple"  #: "simple", "gssapi" or "anonymous"
    bind_dn: str = ""
    password: Secret | None = None  #: read from password_file
    filter: str = ""  #: "" means what is usual for the kind
    login_filter: str = ""  #: likewise
    attributes: tuple[str, ...] = ()  #: "fax_number=otherFacsimileTelephoneNumber"
    mail_domains: tuple[str, ...] = ()
    timeout: timedelta = timedelta(seconds=5)  #: for one step at one server
    cache: timedelta = timedelta(minutes=15)
    negative_cache: timedelta = timedelta(minutes=1)
    stale: timedelta = timedelta(days=3)
    url: str = ""  #: for "sql"; "" means the database of the queue
    query: str = ""  #: for "sql"

    @property
    def own_attributes(self) -> dict[str, str]:
        """Field of a person -> attribute, where the site's differ from the usual ones."""
        return dict(entry.split("=", 1) for entry in self.attributes)


@dataclass(frozen=True, slots=True)
class PermissionSection:
    """[permission.NAME]: what the members of some groups may. The first one that fits decides."""

    groups: tuple[str, ...] = ()
    may_fax: bool = True
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    faxes_per_day: int = 0
    faxes_per_month: int = 0
    pages_per_job: int = 0
    cost_per_job: float = 0.0
    approver: str = ""  #: a mailbox
    approve_pages: int = 0
    approve_cost: float = 0.0
    approve_numbers: tuple[str, ...] = ()
    cover: str = ""  #: a template; "" means [cover] template
    resolution: str = ""  #: "" means [rendering] resolution

    def named(self, name: str) -> Permission:
        """The permission these settings are."""
        return Permission(name, **{item.name: getattr(self, item.name) for item in fields(self)})


@dataclass(frozen=True, slots=True)
class ApprovalSection:
    """[approval]: the links in the mails to those who approve faxes."""

    listen: str = ""  #: "" makes no links
    url: str = ""  #: how approvers reach it
    key: Path | None = None  #: None means one in data_dir
    expires: timedelta = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class CostSection:
    """[cost]: how amounts are shown."""

    currency: str = ""


@dataclass(frozen=True, slots=True)
class TariffSection:
    """[tariff.NAME]: what calls to some numbers cost."""

    numbers: tuple[str, ...] = ()  #: beginnings; () means all that no other tariff names
    per_call: float = 0.0
    per_minute: float = 0.0
    per_page: float = 0.0

    def named(self, name: str) -> Tariff:
        """The tariff these settings are."""
        return Tariff(name, self.numbers, self.per_call, self.per_minute, self.per_page)


@dataclass(frozen=True, slots=True)
class DenySection:
    """[deny.NAME]: an entry of the deny list."""

    numbers: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    owner: str = ""  #: required
    reason: str = ""  #: required
    until: date | None = None  #: the last day it holds

    def named(self, name: str) -> Ban:
        """The entry these settings are."""
        return Ban(name, self.numbers, self.senders, self.owner, self.reason, self.until)
