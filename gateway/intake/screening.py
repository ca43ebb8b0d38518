"""Whether the sender may fax to a recipient, asked at RCPT of who knows: no mail is taken in vain."""

import logging
from typing import Protocol

from gateway import faxlog
from gateway.errors import GatewayError, TemporaryError
from gateway.intake import replies
from gateway.intake.dialogue import Dialogue
from gateway.model.number import FaxNumber

_log = logging.getLogger(__name__)


class Screen(Protocol):
    """Says who may not send, while his mail program still listens."""

    async def __call__(self, mail_from: str, number: FaxNumber) -> GatewayError | None:
        """Why this sender may not fax there, or cannot be judged now (TemporaryError); None when he may."""
        ...


async def screened(screen: Screen, dialogue: Dialogue) -> bytes:
    """The reply to a recipient that has just been added; one that is refused is not one any more."""
    transaction = dialogue.transaction
    if transaction is None or transaction.latest is None:
        return replies.RECIPIENT_OK
    number = transaction.latest[0]
    refused = await screen(transaction.mail_from, number)
    if refused is None:
        return replies.RECIPIENT_OK
    transaction.withdraw_latest()
    reply = replies.sender_refused(f"{refused} {refused.remedy}")
    if isinstance(refused, TemporaryError):
        _log.warning("smtp client=%s: %s", dialogue.client, refused)
        reply = replies.CANNOT_JUDGE
    faxlog.refused_rcpt(
        client=dialogue.client, mail_from=transaction.mail_from, address=number.digits, reply=reply.decode()
    )
    return reply
