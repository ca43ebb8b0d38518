"""What an answer needs of the mail it answers: its Message-ID and its subject."""

from email import policy
from email.errors import MessageError
from email.parser import BytesHeaderParser
from pathlib import Path

from gateway.notifying.compose import Original

_MAX_HEADERS = 128 * 1024  # bytes


def read_original(message: Path) -> Original:
    """The facts of a raw message; those that cannot be read are ""."""
    with message.open("rb") as file:
        head = file.read(_MAX_HEADERS)
    end = min(
        (found for found in (head.find(b"\r\n\r\n"), head.find(b"\n\n")) if found >= 0), default=len(head)
    )
    try:
        headers = BytesHeaderParser(policy=policy.default).parsebytes(head[:end] + b"\r\n\r\n")
        return Original(
            message_id=str(headers.get("Message-ID", "")).strip(),
            subject=str(headers.get("Subject", ""))[:300],
        )
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError):
        # email's parser of modern headers raises these on what strangers write.
        return Original()
