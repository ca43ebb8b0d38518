"""Fax over SIP: pages go to a number, pages come in. Knows nothing of mail, SQL or the gateway.

Importing this package loads no C; `telephony.sip_engine` does.
"""

from telephony.disposition import TRUNK_FAILURES, Disposition
from telephony.engine import FaxEngine, IncomingCall, Offer, PollOrder, SendOrder
from telephony.errors import TelephonyError
from telephony.events import (
    CallAnswered,
    CallEvent,
    CallReleased,
    Dialled,
    MediumSwitched,
    PageConfirmed,
    Ringing,
    SessionNegotiated,
)
from telephony.transmission import Compression, Medium, PageFacts, Transmission
from telephony.trunk import T38Policy, Trunk

__all__ = [
    "TRUNK_FAILURES",
    "CallAnswered",
    "CallEvent",
    "CallReleased",
    "Compression",
    "Dialled",
    "Disposition",
    "FaxEngine",
    "IncomingCall",
    "Medium",
    "MediumSwitched",
    "Offer",
    "PageConfirmed",
    "PageFacts",
    "PollOrder",
    "Ringing",
    "SendOrder",
    "SessionNegotiated",
    "T38Policy",
    "TelephonyError",
    "Transmission",
    "Trunk",
]
