"""The way mails leave."""

from email.message import EmailMessage
from typing import Protocol


class Mailer(Protocol):
    """Hands mails to a mail server."""

    async def send(self, message: EmailMessage, *, mail_from: str, recipient: str) -> None:
        """The mail server has taken the mail.

        Raises:
            MailerUnavailable: not now; try again later.
            MailerRefused: never.
        """
        ...
