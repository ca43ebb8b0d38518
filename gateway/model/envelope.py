"""The envelope of a message: who sends and who receives, as the client said it, not as the headers say."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL FROM and RCPT TO of one SMTP transaction (RFC 5321 2.3.1)."""

    mail_from: str
    recipients: tuple[str, ...]
