"""Whether a sender may fax, asked while his mail program still listens.

What is refused here is refused at RCPT, and nobody has to wait for a mail that says so. Quotas, and what a
mail asks for, are judged when it has been taken.
"""

from datetime import UTC

from gateway.errors import DirectoryUnavailable, GatewayError, SenderNotAllowed
from gateway.model.number import IN_THE_MAIL, FaxNumber
from gateway.model.permission import Rules, Used
from gateway.model.sender import Person
from gateway.ports.clock import Clock
from gateway.ports.directory import Directory


class SenderScreen:
    """The directories and permissions of a site."""

    def __init__(
        self, directory: Directory | None, rules: Rules, clock: Clock, *, refuse_unknown: bool
    ) -> None:
        self._directory = directory
        self._rules = rules
        self._clock = clock
        self._refuse_unknown = refuse_unknown

    async def __call__(self, mail_from: str, number: FaxNumber) -> GatewayError | None:
        """By the first directory that knows him, and the permission that decides about him."""
        person: Person | None = None
        if self._directory is not None:
            try:
                person = await self._directory.find(mail_from)
            except (DirectoryUnavailable, SenderNotAllowed) as error:
                return error
            if person is None and self._refuse_unknown:
                return SenderNotAllowed("The directory does not know you.")
        judged = person or Person(mail_from, frozenset({mail_from}))
        where = None if number == IN_THE_MAIL else number
        return self._rules.judge(judged, where, Used(), self._clock.now().astimezone(UTC).date()).refusal
