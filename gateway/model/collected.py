"""What became of a mail that was collected, and what its sender is told when that was not a fax."""

import json
from dataclasses import dataclass

from gateway.model.ids import SubmissionId


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that was collected, as the queue remembers it."""

    submission_id: SubmissionId | None  #: None when nothing of it became a fax
    refused: tuple[str, ...] = ()  #: what was refused, and why; a sentence each


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to a mail, or to some addresses of it, that became no fax."""

    subject: str
    message_id: str
    reasons: tuple[str, ...]  #: a sentence each

    def to_json(self) -> str:
        """As the outbox keeps it."""
        return json.dumps([self.subject, self.message_id, list(self.reasons)])

    @classmethod
    def from_json(cls, text: str) -> "Refusal":
        """As it was kept."""
        subject, message_id, reasons = json.loads(text)
        return cls(subject, message_id, tuple(reasons))
