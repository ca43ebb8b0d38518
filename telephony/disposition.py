"""How a call ended, in one word of a fixed list. What the far end does is a value, not an exception."""

from enum import StrEnum


class Disposition(StrEnum):
    """How a call ended. The gateway decides what each word means for a job (`gateway.model.retry`)."""

    DELIVERED = "delivered"  #: every page was confirmed by the receiving side
    BUSY = "busy"  #: the called line is in use (486, 600, Q.850 17)
    NO_ANSWER = "no_answer"  #: it rang and nobody answered in time (408, 480, Q.850 18, 19)
    NO_FAX_ANSWERED = "no_fax_answered"  #: somebody answered, but no fax machine
    INVALID_NUMBER = (
        "invalid_number"  #: the network knows no such number (404, 410, 484, 604, Q.850 1, 22, 28)
    )
    REJECTED = "rejected"  #: the far end or the network refuses the call (402, 403, 603, Q.850 21)
    INCOMPATIBLE = "incompatible"  #: the far machine cannot take these pages, or the media did not match
    LINE_FAILED = "line_failed"  #: fax machines met, but could not agree or lost each other
    INTERRUPTED = "interrupted"  #: some pages were confirmed, then the call broke
    NOTHING_TO_POLL = "nothing_to_poll"  #: no document lies ready there, or it is refused to us
    CONGESTED = "congested"  #: no free line on the way (503, Q.850 34, 42)
    #: our SIP peer does not answer, does not know us, or cannot route (401, 407, 408 at once, 5xx)
    TRUNK_UNAVAILABLE = "trunk_unavailable"
    CANCELLED = "cancelled"  #: we ended the call ourselves
    BAD_DOCUMENT = "bad_document"  #: our own page file cannot be read or stored


#: The trunk did not take the call: another one may.
TRUNK_FAILURES = frozenset({Disposition.TRUNK_UNAVAILABLE, Disposition.CONGESTED})
