"""Who may fax, where to, and how much. Pure rules; every answer says which rule gave it.

- The deny list comes first and binds everybody.
- Then the first [permission.NAME] that names the person or one of his groups decides, in the order of the
  configuration; one without groups fits everybody. With permissions but none that fits, nothing is allowed.
- Of the beginnings of numbers in `allow` and `deny` the longest that fits decides; `deny` wins a tie. When
  none fits, a number is allowed unless there is an `allow` list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from gateway.errors import DestinationNotAllowed, PermanentError, QuotaExceeded, SenderNotAllowed
from gateway.model.number import FaxNumber
from gateway.model.sender import Person


@dataclass(frozen=True, slots=True)
class Permission:
    """What the members of some groups may. 0 means no limit."""

    name: str
    groups: tuple[str, ...] = ()  #: common or distinguished names, or addresses; none means everybody
    may_fax: bool = True
    allow: tuple[str, ...] = ()  #: beginnings of numbers; none means all
    deny: tuple[str, ...] = ()
    faxes_per_day: int = 0
    faxes_per_month: int = 0
    pages_per_job: int = 0
    cost_per_job: float = 0.0
    approver: str = ""  #: who approves what the next three name
    approve_pages: int = 0  #: faxes of more pages
    approve_cost: float = 0.0  #: faxes that cost more
    approve_numbers: tuple[str, ...] = ()  #: faxes to numbers that begin so
    cover: str = ""  #: the template of their cover pages; "" means the default
    resolution: str = ""  #: of their faxes; "" means the default

    def fits(self, person: Person) -> bool:
        """This permission is about him."""
        names = person.memberships | {mail.casefold() for mail in (person.mail, *person.addresses)}
        return not self.groups or any(group.casefold() in names for group in self.groups)


@dataclass(frozen=True, slots=True)
class Ban:
    """An entry of the deny list."""

    name: str
    numbers: tuple[str, ...] = ()  #: beginnings of numbers
    senders: tuple[str, ...] = ()  #: addresses, or domains written "@example.com"
    owner: str = ""  #: who can lift it
    reason: str = ""
    until: date | None = None  #: the last day it holds

    def holds(self, today: date) -> bool:
        """It has not expired."""
        return self.until is None or today <= self.until

    def bans_sender(self, mail: str) -> bool:
        """Mail from this address is banned."""
        address = mail.casefold()
        return any(
            address.endswith(entry.casefold()) if entry.startswith("@") else address == entry.casefold()
            for entry in self.senders
        )

    def bans_number(self, number: FaxNumber) -> bool:
        """Calls to this number are banned."""
        return longest(self.numbers, number) is not None


@dataclass(frozen=True, slots=True)
class Used:
    """How many faxes a sender has in this day and month, those on their way included."""

    today: int = 0
    this_month: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a fax may be sent, and why."""

    reasons: tuple[str, ...]  #: each rule that was looked at, in order
    permission: Permission | None = None
    refusal: PermanentError | None = None

    @property
    def is_allowed(self) -> bool:
        """Nothing speaks against it."""
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class Rules:
    """All permissions and the deny list."""

    permissions: tuple[Permission, ...] = ()
    bans: tuple[Ban, ...] = ()

    def of(self, person: Person) -> Permission | None:
        """The permission that decides about him, if any."""
        return next((permission for permission in self.permissions if permission.fits(person)), None)

    def judge(self, person: Person, number: FaxNumber | None, used: Used, today: date) -> Verdict:
        """Whether he may fax (to this number), with what he has sent already."""
        reasons: list[str] = []
        try:
            self._deny_list(person, number, today)
            permission = self._permission(person, reasons)
            if permission is not None:
                _may(permission, number, used, reasons)
        except PermanentError as error:
            return Verdict((*reasons, str(error)), self.of(person), error)
        return Verdict(tuple(reasons), permission)

    def _deny_list(self, person: Person, number: FaxNumber | None, today: date) -> None:
        for ban in self.bans:
            if not ban.holds(today):
                continue
            if any(ban.bans_sender(mail) for mail in (person.mail, *person.addresses)):
                raise _banned(SenderNotAllowed("You may not send faxes."), ban)
            if number is not None and ban.bans_number(number):
                raise _banned(DestinationNotAllowed(f"Faxes to {number} are not allowed."), ban)

    def _permission(self, person: Person, reasons: list[str]) -> Permission | None:
        if person.is_disabled:
            raise SenderNotAllowed("Your account is disabled.")
        if not self.permissions:
            reasons.append("There is no [permission]: everybody the gateway knows may fax.")
            return None
        permission = self.of(person)
        if permission is None:
            raise SenderNotAllowed("You are in no group that may send faxes.")
        return permission


def _may(permission: Permission, number: FaxNumber | None, used: Used, reasons: list[str]) -> None:
    where = f"[permission.{permission.name}]"
    if not permission.may_fax:
        raise SenderNotAllowed("You are in a group that may not send faxes.")
    reasons.append(f"{where} allows faxes.")
    if number is not None:
        _destination(permission, number)
        reasons.append(f"{where} allows {number}.")
    for limit, count, period in (
        (permission.faxes_per_day, used.today, "day"),
        (permission.faxes_per_month, used.this_month, "month"),
    ):
        if limit and count >= limit:
            raise QuotaExceeded(f"You may send {_faxes(limit)} a {period}, and have sent {count}.")
        if limit:
            reasons.append(f"{where} allows {_faxes(limit)} a {period}; sent or on their way: {count}.")
    if permission.pages_per_job:
        reasons.append(f"{where} allows {permission.pages_per_job} pages in one fax.")
    if permission.cost_per_job:
        reasons.append(f"{where} allows {permission.cost_per_job:.2f} to be spent on one fax.")
    reasons += [f"{where} asks {permission.approver} about {what}." for what in _approved(permission)]


def _approved(permission: Permission) -> list[str]:
    """What has to be approved."""
    if not permission.approver:
        return []
    found = [f"faxes to {start}" for start in permission.approve_numbers]
    if permission.approve_pages:
        found.append(f"faxes of more than {permission.approve_pages} pages")
    if permission.approve_cost:
        found.append(f"faxes that cost more than {permission.approve_cost:.2f}")
    return found


def _faxes(count: int) -> str:
    return "1 fax" if count == 1 else f"{count} faxes"


def _destination(permission: Permission, number: FaxNumber) -> None:
    allowed, denied = longest(permission.allow, number), longest(permission.deny, number)
    if denied is not None and len(denied) >= len(allowed or ""):
        raise DestinationNotAllowed(f'You may not send faxes to numbers that begin with "{denied}".')
    if permission.allow and allowed is None:
        raise DestinationNotAllowed(f"{number} is not among the numbers you may send faxes to.")


def longest(beginnings: Iterable[str], number: FaxNumber) -> str | None:
    """The longest of these that the number begins with. 0049 and +49 are the same."""
    digits = _international(number.digits)
    fitting = [start for start in beginnings if digits.startswith(_international(start))]
    return max(fitting, key=len, default=None)


def _international(digits: str) -> str:
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def _banned(error: PermanentError, ban: Ban) -> PermanentError:
    parts: Sequence[str] = [str(error)]
    if ban.reason:
        parts = [*parts, f"Reason: {ban.reason.rstrip('.')}."]
    banned = type(error)(" ".join(parts))
    if ban.owner:
        banned.remedy = f"Ask {ban.owner}."  # type: ignore[misc]
    return banned
