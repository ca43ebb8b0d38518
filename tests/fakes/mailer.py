"""A mail server in memory."""

from dataclasses import dataclass
from email.message import EmailMessage


@dataclass(frozen=True)
class SentMail:
    message: EmailMessage
    mail_from: str
    recipient: str


class FakeMailer:
    """Takes every mail, unless told to fail."""

    def __init__(self) -> None:
        self.sent: list[SentMail] = []
        self.refused: list[SentMail] = []
        self._failures: list[Exception] = []

    def next_send_fails(self, *failures: Exception) -> None:
        """The next mails fail, one after the other."""
        self._failures.extend(failures)

    async def send(self, message: EmailMessage, *, mail_from: str, recipient: str) -> None:
        mail = SentMail(message, mail_from, recipient)
        if self._failures:
            self.refused.append(mail)
            raise self._failures.pop(0)
        self.sent.append(mail)
