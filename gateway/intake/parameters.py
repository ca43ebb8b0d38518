"""The parameters of MAIL and RCPT. A wrong one refuses its command; none is ignored.

Spec: SIZE: RFC 1870; BODY: 6152, 3030; SMTPUTF8: 6531; RET, ENVID, NOTIFY and ORCPT: 3461 section 4; AUTH:
4954.
"""

import re
from dataclasses import dataclass

from gateway.intake import replies

_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")  # RFC 3461 section 4
_HEX = re.compile(r"\+([0-9A-F]{2})")
_NOTIFY = frozenset({"SUCCESS", "FAILURE", "DELAY"})


@dataclass(slots=True)
class MailParameters:
    """What stands behind MAIL FROM:<...>."""

    smtputf8: bool = False
    binary: bool = False  #: the message is not made of lines
    ret: str = ""  #: "FULL" or "HDRS"
    envid: str = ""  #: decoded


@dataclass(slots=True)
class RcptParameters:
    """What stands behind RCPT TO:<...>."""

    notify: str = ""  #: "NEVER", or of SUCCESS, FAILURE and DELAY those that were named
    orcpt: str = ""  #: "rfc822;user@example.com", decoded


def read_mail(text: str, max_message_size: int) -> MailParameters | bytes:
    """The parameters, or the refusal."""
    found = MailParameters()
    for parameter in text.split():
        if (refusal := _read_mail_parameter(found, parameter, max_message_size)) is not None:
            return refusal
    return found


def _read_mail_parameter(  # noqa: PLR0911 - one a parameter
    found: MailParameters, parameter: str, max_message_size: int
) -> bytes | None:
    key, equals, value = parameter.partition("=")
    match key.upper():
        case "SIZE":
            return _check_size(value, max_message_size)
        case "BODY":
            found.binary = value.upper() == "BINARYMIME"
            return None if found.binary or value.upper() in {"7BIT", "8BITMIME"} else replies.BAD_BODY
        case "SMTPUTF8":
            found.smtputf8 = True
            return replies.BAD_SMTPUTF8 if equals else None
        case "RET":
            repeated, found.ret = bool(found.ret), value.upper()
            return replies.BAD_RET if repeated or found.ret not in {"FULL", "HDRS"} else None
        case "ENVID":
            decoded = xtext(value) if len(value) <= 100 else None
            repeated, found.envid = bool(found.envid), decoded or ""
            return replies.BAD_ENVID if repeated or not decoded else None
        case "AUTH":  # who wrote it first, as a relay says; we believe no relay that
            return None if xtext(value) is not None else replies.BAD_AUTH_PARAMETER
        case _:
            return replies.UNKNOWN_PARAMETER


def _check_size(value: str, max_message_size: int) -> bytes | None:
    if not (value.isascii() and value.isdecimal() and len(value) <= 20):
        return replies.BAD_SIZE
    return replies.TOO_LARGE if int(value) > max_message_size else None


def read_rcpt(text: str) -> RcptParameters | bytes:
    """The parameters, or the refusal."""
    found = RcptParameters()
    for parameter in text.split():
        key, _, value = parameter.partition("=")
        match key.upper():
            case "NOTIFY":
                words = value.upper().split(",")
                if found.notify or not (words == ["NEVER"] or set(words) <= _NOTIFY):
                    return replies.BAD_NOTIFY
                found.notify = ",".join(dict.fromkeys(words))
            case "ORCPT":
                kind, semicolon, address = value.partition(";")
                decoded = xtext(address) if len(value) <= 500 else None
                if found.orcpt or not (kind and semicolon and decoded):
                    return replies.BAD_ORCPT
                found.orcpt = f"{kind.lower()};{decoded}"
            case _:
                return replies.UNKNOWN_PARAMETER
    return found


def xtext(text: str) -> str | None:
    """The text behind xtext, or None when it is none or is not printable."""
    if not _XTEXT.fullmatch(text):
        return None
    decoded = _HEX.sub(lambda found: chr(int(found[1], 16)), text)
    return decoded if decoded.isascii() and decoded.isprintable() else None
