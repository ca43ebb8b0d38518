"""A place where mails lie until we collect them: a mailbox, or a folder.

Promises (proved by tests/contract/test_mail_source.py against every source):
- A mail that lies there is found, again and again, until it is settled; its key is always the same, and no
  other mail of this or another source ever has it.
- `settle` may come twice for a mail, and for one that somebody else has taken away: both is no error.
- `wait` returns soon after a mail came, and after the source's interval in any case.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gateway.model.collected import Taken
from gateway.model.envelope import Envelope


@dataclass(frozen=True, slots=True)
class FoundMail:
    """One mail as it lies there."""

    key: str
    content: bytes | Path = b""  #: the raw RFC 5322 message; a file stays where it is
    sender: str = ""  #: whose mail it is, whatever From says; "" believes From
    envelope: Envelope | None = None  #: None: the fields of the mail say it
    people: Mapping[str, tuple[str, str]] = field(default_factory=dict)  #: name and company, by address
    is_proved: bool = False  #: whoever keeps the source has authenticated the sender
    fault: str = ""  #: why it can never be taken, in words for its sender


class MailSource(Protocol):
    """One mailbox or folder."""

    name: str  #: for the trace and the log: "imap helpdesk"
    answers: bool  #: `settle` tells the sender how it went; no mail has to

    def mails(self) -> AsyncIterator[FoundMail]:
        """The mails that lie there now.

        Raises:
            SourceUnavailable: they cannot be looked at now.
        """
        ...

    async def settle(self, mail: FoundMail, taken: Taken) -> None:
        """The mail, which is ours now or refused for good, will not be found again.

        Raises:
            SourceUnavailable: not now; it will be found again.
        """
        ...

    async def wait(self) -> None:
        """There may be a mail."""
        ...

    async def close(self) -> None:
        """Connections are closed."""
        ...
