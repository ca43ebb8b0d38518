"""Who may send a fax by SMTP, and where to: the decisions at RCPT, apart from the wire.

Closed by default: a client outside `relay_networks` and a domain that is not ours get nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address, ip_address
from typing import Any, cast

from gateway.config.schema import AddressesSection, Network, SmtpSection
from gateway.errors import InvalidNumber, NumberNotAllowed
from gateway.intake import replies
from gateway.intake.addresses import AddressBook
from gateway.intake.parameters import MailParameters, RcptParameters
from gateway.model.dialling import DialPlan
from gateway.model.number import IN_THE_MAIL
from gateway.model.options import JobOptions
from gateway.model.submission import Destination, Recipient

# RFC 5321 4.1.2: Path = "<" [ A-d-l ":" ] Mailbox ">"; the route is to be ignored. Angle brackets may be
# missing, as every server allows. No control characters: a database cannot hold NUL.
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"'
_MAILBOX = rf'(?:{_QUOTED}|[^\x00-\x20\x7f<>"@])+(?:@[^\x00-\x20\x7f<>"@:,]+)?'
_PATH = re.compile(rf"\s*(?:<(?:@[^\x00-\x20<>:]+:)?({_MAILBOX})?>|({_MAILBOX}))(?:\s+(.*))?", re.ASCII)
_QUOTED_PAIR = re.compile(r"\\(.)")
_ADDRESSES, _PLAN = AddressesSection(), DialPlan()
_MAX_ADDRESS = 320  # RFC 3696 errata 1690: 64 + 1 + 255


@dataclass(slots=True)
class Transaction:
    """MAIL and RCPT of one message, as far as they were accepted."""

    mail_from: str
    parameters: MailParameters = field(default_factory=MailParameters)
    recipients: dict[Destination, Recipient] = field(default_factory=dict)  #: each gets one fax
    octets: int | None = None  #: that came by BDAT; None before the first
    accepted: int = 0  #: RCPT commands that were; LMTP answers each of them
    latest: Destination | None = None  #: of the last RCPT, if that added it

    @property
    def smtputf8(self) -> bool:
        """Whether addresses may be UTF-8."""
        return self.parameters.smtputf8

    def withdraw_latest(self) -> None:
        """The recipient that the last RCPT added is none after all."""
        if self.latest is not None:
            del self.recipients[self.latest]
            self.accepted -= 1


def parse_path(text: str) -> tuple[str, str] | None:
    """Address and parameters behind `FROM:` or `TO:`, or None when the syntax is wrong. "" is `<>`."""
    if (found := _PATH.fullmatch(text)) is None:
        return None
    address = found[1] or found[2] or ""
    return None if len(address) > _MAX_ADDRESS else (address, found[3] or "")


def is_in(client: str, networks: Iterable[Network]) -> bool:
    """Whether the IP address is in one of these networks."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


class Gatekeeper:
    """What the section [smtp] says about one recipient."""

    def __init__(
        self,
        section: SmtpSection,
        addresses: AddressesSection = _ADDRESSES,
        plan: DialPlan = _PLAN,
    ) -> None:
        self._addresses = AddressBook(addresses.dialects, section.domains, addresses.mailboxes)
        self._plan = plan
        self._networks = section.relay_networks
        self._max_recipients = section.max_recipients

    def may_relay(self, client: str) -> bool:
        """Whether the client (an IP address) is in one of `relay_networks`."""
        return is_in(client, self._networks)

    def add_recipient(
        self, transaction: Transaction, address: str, parameters: RcptParameters, *, may_relay: bool
    ) -> bytes:
        """The reply to RCPT. After 2xx the transaction has the recipient."""
        if not may_relay:
            return replies.NOT_A_RELAY_CLIENT
        if not transaction.mail_from:
            return replies.NULL_SENDER
        found = self.recipient(address)
        if isinstance(found, bytes):
            return found
        transaction.latest = None
        if found.destination not in transaction.recipients:
            if len(transaction.recipients) >= self._max_recipients:
                return replies.TOO_MANY_RECIPIENTS
            dsn = {"envid": transaction.parameters.envid, "ret": transaction.parameters.ret}
            dsn |= {"notify": parameters.notify, "orcpt": parameters.orcpt}
            options = replace(found.options, **cast(dict[str, Any], dsn))
            transaction.recipients[found.destination] = replace(found, options=options)
            transaction.latest = found.destination
        transaction.accepted += 1
        return replies.RECIPIENT_OK

    def dialect_of(self, address: str) -> str:
        """The name of the dialect that reads this address; "" when none does."""
        local_part, _, domain = address.rpartition("@")
        found = self._addresses.parse(unquoted(local_part), domain)
        return found[0] if found else ""

    def recipient(self, address: str) -> Recipient | bytes:
        """Who gets a fax at this address, or the reply that says why nobody does."""
        local_part, _, domain = address.rpartition("@")
        if (found := self._addresses.parse(unquoted(local_part), domain)) is None:
            return replies.NO_FAX_NUMBER if self._addresses.is_ours(domain) else replies.OTHER_DOMAIN
        _, parsed = found
        try:
            is_inside = parsed.number == IN_THE_MAIL.digits
            alone, tones = ("", "") if is_inside else self._plan.without_tones(parsed.number)
            number = IN_THE_MAIL if is_inside else self._plan.number(alone)
        except NumberNotAllowed as error:
            return replies.number_not_allowed(str(error))
        except InvalidNumber as error:
            return replies.bad_number(str(error))
        options = JobOptions().with_wishes(parsed.wishes)
        options = replace(options, tones=tones, sub_address=parsed.sub_address)
        return Recipient(address, number, parsed.name, parsed.company, options)


def unquoted(local_part: str) -> str:
    """The local part without the quotes of RFC 5321 4.1.2 (`Quoted-string`)."""
    if len(local_part) >= 2 and local_part[0] == local_part[-1] == '"':
        return _QUOTED_PAIR.sub(r"\1", local_part[1:-1])
    return local_part
