"""What can be judged of a fax only when its pages are known: their number, and what the call will cost."""

from dataclasses import dataclass

from gateway.errors import PermanentError, TooExpensive, TooManyPagesForSender
from gateway.model.number import FaxNumber
from gateway.model.permission import Permission, longest
from gateway.model.tariff import Tariffs

#: The failure code of a fax that waits for its approval.
APPROVAL_NEEDED = "approval-needed"


@dataclass(frozen=True, slots=True)
class Demand:
    """Somebody has to approve the fax before it is sent."""

    approver: str  #: a mail address
    why: str  #: one sentence


def settle(
    permission: Permission, number: FaxNumber, *, pages: int, cost: float, tariffs: Tariffs
) -> PermanentError | Demand | None:
    """What stands against a fax of so many pages: a limit, or that nobody has approved it; None when nothing.

    `cost` is 0 where no tariff is known.
    """
    if permission.pages_per_job and pages > permission.pages_per_job:
        limit = permission.pages_per_job
        return TooManyPagesForSender(f"The fax has {pages} pages; you may send {limit} in one.")
    shown = tariffs.shown(cost)
    if permission.cost_per_job and cost > permission.cost_per_job:
        limit_shown = tariffs.shown(permission.cost_per_job)
        return TooExpensive(f"The fax costs about {shown}; you may spend {limit_shown} on one.")
    if not permission.approver:
        return None
    why = ""
    if longest(permission.approve_numbers, number) is not None:
        why = f"Faxes to {number} have to be approved."
    elif permission.approve_pages and pages > permission.approve_pages:
        why = f"It has {pages} pages; more than {permission.approve_pages} have to be approved."
    elif permission.approve_cost and cost > permission.approve_cost:
        limit_shown = tariffs.shown(permission.approve_cost)
        why = f"It costs about {shown}; more than {limit_shown} has to be approved."
    return Demand(permission.approver, why) if why else None
