"""Whether a fax may go out now that its pages are known: limits of pages and cost, and approvals."""

from datetime import timedelta

from gateway.errors import PermanentError
from gateway.model.allowance import Demand, settle
from gateway.model.job import Job
from gateway.model.permission import Permission, Rules
from gateway.model.sender import Person
from gateway.model.tariff import Tariffs
from gateway.ports.directory import Directory


class Allowances:
    """What the permissions say about pages and cost."""

    def __init__(
        self, rules: Rules, directory: Directory | None = None, tariffs: Tariffs | None = None
    ) -> None:
        self._rules = rules
        self._directory = directory
        self._tariffs = tariffs or Tariffs()
        self._is_needed = any(_limits(permission) for permission in rules.permissions)

    async def __call__(self, job: Job, pages: int, call: timedelta) -> PermanentError | Demand | None:
        """What stands against the job; None when nothing does. `call` is how long it takes, by estimate.

        Raises:
            DirectoryUnavailable: it cannot be said now.
        """
        if not self._is_needed or job.sender is None:
            return None
        mail = job.sender.mail
        person = await self._directory.find(mail) if self._directory else None
        permission = self._rules.of(person or Person(mail))
        if permission is None:
            return None
        tariff = self._tariffs.of(job.number)
        cost = tariff.cost(pages, call) if tariff else 0.0
        found = settle(permission, job.number, pages=pages, cost=cost, tariffs=self._tariffs)
        return None if isinstance(found, Demand) and job.options.approved_by else found


def _limits(permission: Permission) -> bool:
    return bool(permission.pages_per_job or permission.cost_per_job or permission.approver)
