"""Why a fax failed, in a few words for a subject line. Reason and remedy in full are in the job's failure.

One entry for each disposition (how a call ends) and each failure code; a test holds it complete.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

WORDS: Mapping[str, str] = MappingProxyType(
    {
        # How calls end.
        "delivered": "delivered",
        "busy": "the line was busy",
        "no_answer": "nobody answered",
        "no_fax_answered": "no fax machine answered",
        "invalid_number": "there is no such number",
        "rejected": "the call was refused",
        "incompatible": "the receiving machine cannot take it",
        "nothing_to_poll": "no fax lies ready there",
        "line_failed": "the line was too bad",
        "interrupted": "the call broke off",
        "congested": "no telephone line was free",
        "trunk_unavailable": "the telephone connection did not work",
        "cancelled": "it was cancelled",
        "bad_document": "its pages cannot be transmitted",
        # What never became a call.
        "permanent": "it cannot be sent",
        "invalid-number": "the number cannot be dialled",
        "unreadable-list": "its list of recipients cannot be read",
        "encrypted-mail": "the mail is encrypted",
        "number-not-allowed": "faxes to this destination are not allowed",
        "sender-not-allowed": "you may not send faxes",
        "ambiguous-sender": "your address belongs to several persons",
        "sender-not-proved": "nothing proves that it is from you",
        "too-expensive": "it costs more than you may spend",
        "not-approved": "it was not approved",
        "billing-code-missing": "it has no billing code",
        "destination-not-allowed": "you may not send faxes to this number",
        "quota-exceeded": "you have sent as many faxes as you may",
        "too-many-pages-for-sender": "it has more pages than you may send",
        "automatic-mail": "the mail was written by a program",
        "deadline-passed": "it could not be sent in time",
        "document-rejected": "a document cannot be faxed",
        "partly-sent": "part of it could not be sent",
        "nothing-to-fax": "there was nothing to fax",
        "cover-failed": "its cover page could not be made",
        "mailer-refused": "the mail server refused it",
        "render-error": "a document cannot be faxed",
        "document-error": "a document cannot be faxed",
        "document-empty": "a document is empty",
        "document-protected": "a document is protected by a password",
        "document-damaged": "a document is damaged",
        "document-unsupported": "a document is of an unknown kind",
        "document-too-large": "a document is too large",
        "too-many-pages": "it has too many pages",
        "converter-error": "a document could not be converted",
        "converter-timed-out": "a document took too long to convert",
        "converter-crashed": "a document could not be converted",
        "converter-missing": "the fax server lacks a program",
        "cancelled-by-hand": "an administrator cancelled it",
    }
)

_UNKNOWN = "it could not be sent"


def in_words(code: str) -> str:
    """The words for a disposition or a failure code; something true for one that is new."""
    return WORDS.get(code, _UNKNOWN)


#: Sentences that stand in some answers.
POSSIBLY_TWICE = (
    "A call was cut off by a fault on our side; the recipient may have received some pages twice."
)
NOT_ATTACHED = "The fax itself cannot be attached. Ask your administrator for it."
TOO_LARGE = "The fax is too large to be attached. Ask your administrator for it."
UNKNOWN_OUTCOME = "outcome not known"
UNDER_WAY = "under way"
WITHHELD = "a withheld number"
NO_SUBJECT = "(no subject)"


def pages_in_words(confirmed: int, count: int) -> str:
    """How much of a fax arrived; "" when it never had pages."""
    if confirmed < count:
        return f"{confirmed} of {count} arrived" if confirmed else str(count)
    return str(count) if count else ""


def duration_in_words(seconds: int) -> str:
    """A call's length."""
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def transmission_in_words(medium: str, bit_rate: int, *, ecm: bool) -> str:
    """How the fax machines spoke; "" when they did not. `bit_rate` is in bit/s."""
    if not bit_rate:
        return ""
    how = {"t38": "T.38", "audio": "G.711"}.get(medium, medium)
    correction = "with" if ecm else "without"
    return ", ".join(filter(None, (f"{bit_rate} bit/s", f"{correction} error correction", how)))


def not_done_in_words(not_done: Sequence[str]) -> str:
    """What the sender asked for and this gateway cannot do; "" when there is nothing."""
    if not not_done:
        return ""
    wishes = ", ".join(not_done)
    return f"You asked for something that this fax server does not do: {wishes}. It was left out."
