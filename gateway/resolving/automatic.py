"""Mails that nobody wrote: answers of programs, bounces, mailing lists. They never become faxes.

The gateway's own answers are among them, so that two gateways, or a gateway and an out-of-office notice,
cannot talk to each other at the expense of a telephone line.

Spec: RFC 3834 (Auto-Submitted), RFC 2919 (List-Id), RFC 3464 (multipart/report), RFC 5321 4.5.5 (null
reverse-path). Precedence and X-Auto-Response-Suppress are customs.
"""

from email.message import Message

from gateway.model.mail_header import header_of

_SUPPRESSED = ("all", "oof", "autoreply")
_ALWAYS = ("List-Id", "List-Post", "X-Autoreply", "X-Autorespond", "X-Fax-Code", "X-Fax-Received")


def why_automatic(header: bytes, mail_from: str, *, applications: bool) -> str:
    """What shows that this mail was written by a program, or "".

    With `applications`, mails that programs begin themselves count as written.
    """
    if not mail_from:
        return "it has no sender address (a bounce)"
    message = header_of(header)
    submitted = _word(message, "Auto-Submitted")
    precedence = _word(message, "Precedence")
    if submitted not in ("", "no", "auto-generated"):
        return f"Auto-Submitted: {submitted}"
    if precedence in ("list", "auto_reply"):
        return f"Precedence: {precedence}"
    if _word(message, "Content-Type") == "multipart/report":
        return "it is a delivery report"
    for name in _ALWAYS:
        if name in message:
            return f"it has {name}"
    return "" if applications else _program(message, submitted, precedence)


def _program(message: Message, submitted: str, precedence: str) -> str:
    if submitted == "auto-generated":
        return "Auto-Submitted: auto-generated"
    if precedence in ("bulk", "junk"):
        return f"Precedence: {precedence}"
    # Exchange marks its out-of-office notices with it; "DR, RN" and the like only ask for silence.
    suppressed = str(message.get("X-Auto-Response-Suppress", "")).casefold()
    if any(word.strip() in _SUPPRESSED for word in suppressed.split(",")):
        return "X-Auto-Response-Suppress"
    return ""


def _word(message: Message, name: str) -> str:
    """The first word of a field, in lower case; parameters and comments do not count."""
    words = str(message.get(name, "")).partition(";")[0].partition("(")[0].split()
    return words[0].casefold() if words else ""
