"""Who sends: the envelope sender, with what a directory, or else his mail program, says about him.

The envelope decides, never the From header: anybody can write anything there. The intake takes mails only
from trusted networks and from clients that have logged in. A From name is taken only when its address is
the envelope sender's.
"""

import re

from gateway.config.schema import SendingSection
from gateway.errors import InvalidNumber
from gateway.model.header_addresses import NamedAddress, addresses_in, fields_in
from gateway.model.job import Sender
from gateway.model.number import FaxNumber
from gateway.model.sender import Person
from gateway.model.submission import Submission

_NOT_IN_STATION_IDS = re.compile(r"[^0-9+ ]")
_LONGEST_STATION_ID = 20  # ITU-T T.30 5.3.6.2.4


def sender_of(
    submission: Submission, header: bytes, section: SendingSection, person: Person | None = None
) -> Sender:
    """The sender of `submission`; `header` is the beginning of its message.

    The person's own fax number is what the other machine sees; without one it is the gateway's.
    """
    number = person.fax_number if person else ""
    return Sender(
        mail=submission.mail_from,
        name=(person.name if person else "") or display_name(header, submission.mail_from),
        station_id=station_id(number) or section.station_id,
        caller_number=caller_number(number) or section.caller_number,
    )


def station_id(fax_number: str) -> str:
    """The number as a fax machine shows it: digits, + and spaces, twenty at most; or ""."""
    shown = " ".join(_NOT_IN_STATION_IDS.sub(" ", fax_number).split())
    if len(shown) > _LONGEST_STATION_ID:
        shown = shown.replace(" ", "")
    return shown if len(shown) <= _LONGEST_STATION_ID else ""


def caller_number(fax_number: str) -> str:
    """The number as it is called from, or "" when it is none."""
    try:
        return FaxNumber.parse(fax_number).digits
    except InvalidNumber:
        return ""


def display_name(header: bytes, mail_from: str) -> str:
    """The name that the From header gives to `mail_from`, or ""."""
    same = (found for found in _from(header) if found.address.casefold() == mail_from.casefold())
    return next((found.name for found in same), "")


def from_addresses(header: bytes) -> list[str]:
    """The addresses in the From header."""
    return [found.address for found in _from(header)]


def _from(header: bytes) -> list[NamedAddress]:
    return [found for text in fields_in(header, "From")[:1] for found in addresses_in(text)]
