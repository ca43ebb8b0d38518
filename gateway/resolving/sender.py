"""Who sends: the envelope sender, with the name his mail program gives him.

The envelope decides, never the From header: anybody can write anything there. Its display name is taken
only when its address is the envelope sender's.
"""

from collections.abc import Callable
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.parser import BytesHeaderParser

from gateway.config.schema import SendingSection
from gateway.model.job import Sender
from gateway.model.submission import Submission

#: The sender of a submission whose message begins with these bytes (its header).
SenderOf = Callable[[Submission, bytes], Sender]

_HEADERS = BytesHeaderParser(policy=policy.default)


class EnvelopeSenders:
    """Senders as the envelope names them, with the gateway's own station id and caller number."""

    def __init__(self, section: SendingSection) -> None:
        self._section = section

    def __call__(self, submission: Submission, header: bytes) -> Sender:
        """The sender of `submission`; `header` is the beginning of its message."""
        return Sender(
            mail=submission.mail_from,
            name=display_name(header, submission.mail_from),
            station_id=self._section.station_id,
            caller_number=self._section.caller_number,
        )


def display_name(header: bytes, mail_from: str) -> str:
    """The name that the From header gives to `mail_from`, or ""."""
    for address in _from(header):
        if address.addr_spec.casefold() == mail_from.casefold():
            return " ".join(address.display_name.split())
    return ""


def _from(header: bytes) -> tuple[Address, ...]:
    try:
        field = _HEADERS.parsebytes(header)["from"]
        return field.addresses if field is not None else ()
    # The parser of the standard library stumbles over some of what strangers write.
    except (MessageError, ValueError, LookupError, AttributeError, TypeError):
        return ()
