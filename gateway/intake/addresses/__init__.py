"""How people write a fax number as a mail address. One file a dialect, tried in the order of the setting.

A dialect is a function from the address to its parts, or None when it is not its kind. It is deaf to
addresses with a label before our domain, except the one that reads the number there.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType

from gateway.config.schema import AddressesSection
from gateway.intake.addresses import (
    domain,
    efax,
    faxback,
    faxfinder,
    faximum,
    hylafax,
    imceafax,
    mailbox,
    notes,
    outlook,
    plain,
    rfc3192,
    rightfax,
)
from gateway.model.address import ParsedAddress, Written, ascii_domain

Dialect = Callable[[Written], ParsedAddress | None]

#: By the names of [addresses] dialects.
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "plain": plain.parse,
        "outlook": outlook.parse,
        "imceafax": imceafax.parse,
        "rfc3192": rfc3192.parse,
        "faximum": faximum.parse,
        "notes": notes.parse,
        "faxback": faxback.parse,
        "efax": efax.parse,
        "faxfinder": faxfinder.parse,
        "hylafax": hylafax.parse,
        "rightfax": rightfax.parse,
        "domain": domain.parse,
        "mailbox": mailbox.parse,
    }
)
#: FaxFinder's keys would be mere unknown ones to RFC 3192, RightFax's first slash means nothing to it, and
#: HylaFAX's sub-address looks like a service code to the plain dialect.
_FIRST = ("faxfinder", "rightfax", "hylafax")
_MAILBOXES = AddressesSection().mailboxes
_MAX_ADDRESS = 320  # RFC 3696 errata 1690: 64 + 1 + 255


class AddressBook:
    """The dialects and domains of a site."""

    def __init__(
        self, dialects: Iterable[str], domains: Iterable[str], mailboxes: Iterable[str] = _MAILBOXES
    ) -> None:
        wanted = sorted(dict.fromkeys(dialects), key=lambda name: name not in _FIRST)
        names = frozenset(name.casefold() for name in mailboxes)
        known: dict[str, Dialect] = {**DIALECTS, "mailbox": partial(mailbox.parse, names=names)}
        self._dialects = [(name, known[name]) for name in wanted]
        self._domains = frozenset(map(ascii_domain, domains))
        self._mailboxes = names if "mailbox" in wanted else frozenset()

    def is_ours(self, mail_domain: str) -> bool:
        """Whether faxes are taken for this domain."""
        return self._cut(mail_domain) is not None

    def parse(self, local_part: str, mail_domain: str) -> tuple[str, ParsedAddress] | None:
        """The first dialect that knows this (unquoted) local part, and what it finds; None without any."""
        label = self._cut(mail_domain)
        if f"{local_part}@{mail_domain}".casefold() in self._mailboxes:
            return "mailbox", mailbox.FOUND
        if label is None or len(local_part) > _MAX_ADDRESS:
            return None
        written = Written(local_part, label)
        for name, dialect in self._dialects:
            if bool(label) == (name == "domain") and (found := dialect(written)) is not None:
                return name, found
        return None

    def _cut(self, mail_domain: str) -> str | None:
        """What stands before our domain: "" for the domain itself; None when it is not ours."""
        mail_domain = ascii_domain(mail_domain)
        if mail_domain in self._domains:
            return ""
        label, _, parent = mail_domain.partition(".")
        has_labels = any(name == "domain" for name, _ in self._dialects)
        return label if has_labels and label and parent in self._domains else None
