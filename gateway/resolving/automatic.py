"""Mails that nobody wrote: answers of programs, bounces, mailing lists. They never become faxes.

The gateway's own answers are among them, so that two gateways, or a gateway and an out-of-office notice,
cannot talk to each other at the expense of a telephone line.

Spec: RFC 3834 (Auto-Submitted), RFC 2919 (List-Id), RFC 3464 (multipart/report), RFC 5321 4.5.5 (null
reverse-path), RFC 5321 6.3 (loops). Precedence and X-Auto-Response-Suppress are customs.
"""

from collections.abc import Iterator
from email.message import Message

from gateway.model.mail_header import header_of

_SUPPRESSED = ("all", "oof", "autoreply")
_MOST_RELAYS = 100  # RFC 5321 6.3
_ALWAYS = ("List-Id", "List-Post", "X-Autoreply", "X-Autorespond", "X-Fax-Code", "X-Fax-Received")


def why_automatic(header: bytes, mail_from: str, *, applications: bool) -> str:
    """What shows that this mail was written by a program, or "".

    With `applications`, mails that programs begin themselves count as written.
    """
    if not mail_from:
        return "it has no sender address (a bounce)"
    message = header_of(header)
    return next(_answers(message), "") or ("" if applications else next(_programs(message), ""))


def _answers(message: Message) -> Iterator[str]:
    """What shows that it answers another mail, came through a list, or goes round in circles."""
    submitted, precedence = _word(message, "Auto-Submitted"), _word(message, "Precedence")
    if submitted not in ("", "no", "auto-generated"):
        yield f"Auto-Submitted: {submitted}"
    if submitted == "auto-generated" and "In-Reply-To" in message:  # Exchange and Domino: out of office
        yield "Auto-Submitted: auto-generated, in reply to a mail"
    if precedence in ("list", "auto_reply"):
        yield f"Precedence: {precedence}"
    if _word(message, "Content-Type") == "multipart/report":
        yield "it is a delivery report"
    yield from (f"it has {name}" for name in _ALWAYS if name in message)
    if (relays := len(message.get_all("Received", []))) > _MOST_RELAYS:
        yield f"it came through {relays} mail servers: it goes round in circles"


def _programs(message: Message) -> Iterator[str]:
    """What shows that a program began to write."""
    submitted, precedence = _word(message, "Auto-Submitted"), _word(message, "Precedence")
    if submitted == "auto-generated":
        yield "Auto-Submitted: auto-generated"
    if precedence in ("bulk", "junk"):
        yield f"Precedence: {precedence}"
    # Exchange marks its out-of-office notices with it; "DR, RN" and the like only ask for silence.
    suppressed = str(message.get("X-Auto-Response-Suppress", "")).casefold()
    if any(word.strip() in _SUPPRESSED for word in suppressed.split(",")):
        yield "X-Auto-Response-Suppress"


def _word(message: Message, name: str) -> str:
    """The first word of a field, in lower case; parameters and comments do not count."""
    words = str(message.get(name, "")).partition(";")[0].partition("(")[0].split()
    return words[0].casefold() if words else ""
