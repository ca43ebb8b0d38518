"""What the settings about people may be, beyond their types."""

from datetime import date, datetime, timedelta
from typing import Any

from gateway.config import values
from gateway.config.people import DenySection, DirectorySection
from gateway.config.values import Reader
from gateway.model.sender import Person

_DAY = timedelta(days=1)
_BEGINNING = values.matching(r"\+?[0-9*#]{1,20}", 'the beginning of a number, for example "+49900"')
_BEGINNINGS = values.list_of(_BEGINNING, example='["+49900"]')
_SERVER = values.matching(
    r"ldaps?://(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?",
    'an LDAP server, for example "ldaps://dc1.example.com"',
)
_FIELDS = "|".join(
    name for name in Person.__slots__ if name not in {"groups", "is_disabled", "entry", "directory"}
)
_ATTRIBUTE = values.matching(
    rf"(?:{_FIELDS})=[A-Za-z][A-Za-z0-9-]*", 'FIELD=ATTRIBUTE, for example "fax_number=otherFax"'
)
_SENDER = values.matching(
    r"[^\s@<>]*@[^\s@<>]+", 'a mail address or "@" and a domain, for example "@example.com"'
)


def day(value: Any) -> date:
    """A calendar day."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(values.text(value))
    except ValueError:
        raise ValueError("must be a day, for example 2027-01-31") from None


def amount(value: Any) -> float:
    """An amount of money."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1_000_000:
        return float(value)
    raise ValueError("must be an amount, for example 0.05")


def filter_with(*needed: str) -> Reader:
    """An LDAP filter that has one of these fields, or nothing."""

    def read(value: Any) -> str:
        found = values.text(value)
        if found and not any(field in found for field in needed):
            raise ValueError(f"must hold {' or '.join(needed)}, for example (mail={needed[0]})")
        if found.count("(") != found.count(")") or (found and not found.startswith("(")):
            raise ValueError("is no filter: its parentheses do not match")
        return found

    return read


def query(value: Any) -> str:
    """A SQL query for one address, or nothing."""
    found = values.text(value)
    if found and ":mail" not in found:
        raise ValueError("must hold :mail, for example SELECT mail, name FROM people WHERE mail = :mail")
    return found


PEOPLE_RULES: dict[str, Reader] = {
    "resolving.unknown": values.choice("refuse", "allow"),
    "resolving.automatic": values.choice("refuse", "allow"),
    "resolving.authserv_id": values.matching(
        r"[A-Za-z0-9._-]{1,253}", 'the name of your relay, for example "mx.example.com"', empty=True
    ),
    "directory.*.kind": values.choice("ldap", "active_directory", "domino", "sql"),
    "directory.*.servers": values.list_of(_SERVER, example='["ldaps://dc1.example.com"]'),
    "directory.*.referrals": values.list_of(_SERVER, example='["ldaps://dc1.sales.example.com"]'),
    "directory.*.ca_file": values.path,
    "directory.*.bind": values.choice("simple", "gssapi", "anonymous"),
    "directory.*.filter": filter_with("{mail}", "{local}"),
    "directory.*.login_filter": filter_with("{user}"),
    "directory.*.attributes": values.list_of(_ATTRIBUTE, example='["fax_number=otherFax"]'),
    "directory.*.mail_domains": values.list_of(values.text, example='["example.com"]'),
    "directory.*.timeout": values.duration(timedelta(seconds=1), timedelta(minutes=1)),
    "directory.*.cache": values.duration(timedelta(0), 30 * _DAY),
    "directory.*.negative_cache": values.duration(timedelta(0), _DAY),
    "directory.*.stale": values.duration(timedelta(0), 365 * _DAY),
    "directory.*.url": values.database_url,
    "directory.*.query": query,
    "permission.*.groups": values.list_of(values.text, example='["Fax Users"]'),
    "permission.*.allow": _BEGINNINGS,
    "permission.*.deny": _BEGINNINGS,
    "permission.*.faxes_per_day": values.number(0, 1_000_000),
    "permission.*.faxes_per_month": values.number(0, 10_000_000),
    "permission.*.pages_per_job": values.number(0, 10_000),
    "permission.*.cost_per_job": amount,
    "permission.*.approver": values.optional(values.mailbox),
    "permission.*.approve_pages": values.number(0, 10_000),
    "permission.*.approve_cost": amount,
    "permission.*.approve_numbers": _BEGINNINGS,
    "approval.listen": values.optional(values.host_and_port),
    "approval.url": values.matching(
        r"https?://[^\s/?#]+(?:/[^\s?#]*)?", 'a URL, for example "https://fax.example.com/"', empty=True
    ),
    "approval.key": values.optional_path,
    "approval.expires": values.duration(timedelta(minutes=5), 30 * _DAY),
    "permission.*.resolution": values.choice("", "standard", "fine", "superfine", "auto"),
    "permission.*.cover": values.matching(
        r"[A-Za-z0-9_-]{1,40}", 'a cover page, for example "standard" (`faxgw cover list`)', empty=True
    ),
    "cost.currency": values.matching(r"[^\s]{1,8}", 'a currency, for example "EUR"', empty=True),
    "tariff.*.numbers": _BEGINNINGS,
    "tariff.*.per_call": amount,
    "tariff.*.per_minute": amount,
    "tariff.*.per_page": amount,
    "deny.*.numbers": _BEGINNINGS,
    "deny.*.senders": values.list_of(_SENDER, example='["@example.com"]'),
    "deny.*.until": day,
}


def lacking(section: object) -> list[tuple[str, str]]:
    """Settings that this section cannot do without, each with an example."""
    wanted: dict[str, str] = {}
    if isinstance(section, DirectorySection) and section.kind == "sql":
        wanted = {"query": '"SELECT mail, name FROM people WHERE lower(mail) = lower(:mail)"'}
    elif isinstance(section, DirectorySection):
        wanted = {"servers": '["ldaps://dc1.example.com"]', "base": '"dc=example,dc=com"'}
        if section.bind == "simple":
            wanted |= {"bind_dn": '"cn=faxgw,dc=example,dc=com"', "password": '"/run/secrets/directory"'}
    elif isinstance(section, DenySection):
        wanted = {"owner": '"telecom@example.com"', "reason": '"Premium rate"'}
        if not section.senders:
            wanted["numbers"] = '["+49900"]'
    missing = [(name, example) for name, example in wanted.items() if not getattr(section, name)]
    return [("password_file" if name == "password" else name, example) for name, example in missing]
