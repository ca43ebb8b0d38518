"""A notification: a mail the gateway owes a person. It leaves through the outbox."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.model.collected import Refusal
from gateway.model.ids import JobId, NotificationId, ReceivedId


class NotificationKind(StrEnum):
    """What it tells; the first three are RFC 3464's actions."""

    DELIVERED = "delivered"
    DELAYED = "delayed"
    FAILED = "failed"
    RECEIVED = "received"
    APPROVAL = "approval"  #: a fax waits for somebody's word
    SUMMARY = "summary"  #: all faxes of a mail are over


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A mail that is owed from the moment the row is committed."""

    kind: NotificationKind
    mailbox: str  #: who gets it
    job_id: JobId | None = None
    received_id: ReceivedId | None = None
    refusal: Refusal | None = None  #: of a mail, or of some addresses of it, that became no job


@dataclass(frozen=True, slots=True)
class Notification:
    """A row of the outbox, as it was claimed."""

    id: NotificationId
    kind: NotificationKind
    mailbox: str
    job_id: JobId | None
    received_id: ReceivedId | None
    created_at: datetime
    tries: int  #: deliveries tried before this one
    message_id: str  #: the Message-ID it carries at every try, so that a mailbox can tell a repetition
    refusal: Refusal | None = None
