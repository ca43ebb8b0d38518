"""What header fields say: words as people read them, and parameters. In bounded time; strangers write them.

Spec: RFC 2047 (encoded words), RFC 2231 (parameters), PEP 383 (raw values hold 8-bit bytes as surrogates).
"""

import re
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from renderers import decoded

_MAX_VALUE = 10_000  # characters of one header that is read
#: The standard library looks for the end of each parameter from its beginning, again and again.
_MOST_PARAMETERS = 200
_PARAMETERS = re.compile(rf"[^;]*+(?:;[^;]*+){{0,{_MOST_PARAMETERS}}}+")
#: What Python decodes, though no text of a mail is written in it, and slowly.
_OF_NAMES = re.compile(r"=\?[^?a-z0-9]*+(?:punycode|idna)\b", re.IGNORECASE)


def decoded_words(raw: str) -> str:
    """A header value as people read it: one line, encoded words and raw 8-bit decoded."""
    return _encoded_words(_unescaped(raw))


def parameter(raw: str, name: str) -> str:
    """A parameter of a field such as Content-Type, decoded, or ""."""
    message: Message = Message()
    try:
        message["x"] = _few_parameters(_unescaped(raw).replace("\r", " ").replace("\n", " "))
        value = message.get_param(name, "", "x")
        if isinstance(value, tuple):
            charset, _, text = value
            return text.encode("latin-1", "replace").decode(charset or "ascii", "replace")
    except (LookupError, ValueError, TypeError, AttributeError, MessageError):
        return ""
    return _encoded_words(str(value or ""))


def _few_parameters(value: str) -> str:
    found = _PARAMETERS.match(value)
    return found[0] if found else ""


def _unescaped(raw: str) -> str:
    """A header value with its 8-bit bytes as letters; what a file of Outlook's says has letters already."""
    return decoded(raw[:_MAX_VALUE].encode("utf-8", "surrogateescape"))


def _encoded_words(text: str) -> str:
    text = " ".join(text.split())
    if "=?" not in text or _OF_NAMES.search(text):
        return text
    try:
        return " ".join(str(make_header(decode_header(text))).split())
    except (LookupError, ValueError, TypeError, MessageError):
        return text
