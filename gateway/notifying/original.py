"""What an answer needs of the mail it answers: its Message-ID and its subject."""

from email import policy
from email.errors import MessageError
from pathlib import Path

from gateway.model.mail_header import header_of
from gateway.notifying.letter import Original

_MAX_HEADERS = 128 * 1024  # bytes
_MAX_VALUE = 4000  # characters of a header that is decoded; email's parser takes 4 KB of memory for each


def read_original(message: Path) -> Original:
    """The facts of a raw message; those that cannot be read are ""."""
    with message.open("rb") as file:
        head = file.read(_MAX_HEADERS)
    try:
        raw = {name.lower(): str(value) for name, value in reversed(header_of(head).items())}
        return Original(
            message_id=_decoded("Message-ID", raw).strip(),
            subject=_decoded("Subject", raw)[:300],
        )
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError):
        # email's parser of modern headers raises these on what strangers write.
        return Original()


def _decoded(name: str, raw: dict[str, str]) -> str:
    return str(policy.default.header_fetch_parse(name, raw.get(name.lower(), "")[:_MAX_VALUE]))
