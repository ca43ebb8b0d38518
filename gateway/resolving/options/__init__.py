"""What a mail asks for beside its number and documents. One file a dialect, all of them read.

A dialect is a function from the header of the mail to wishes. They are read only in mails of senders we
trust: the intake takes no others.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from types import MappingProxyType

from gateway.model.options import Wish
from gateway.resolving.options import faxgw, gfi, hylafax

Dialect = Callable[[Sequence[tuple[str, str]]], list[Wish]]

#: By the names of [options] dialects.
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {"faxgw": faxgw.wishes, "gfi": gfi.wishes, "hylafax": hylafax.wishes}
)
_HEADERS = BytesHeaderParser(EmailMessage, policy=policy.compat32)
_MAX_WISHES = 50


class MailWishes:
    """The wishes in a mail, in the dialects of a site."""

    def __init__(self, dialects: Iterable[str]) -> None:
        self._dialects = [DIALECTS[name] for name in dialects]

    def __call__(self, header: bytes) -> list[Wish]:
        """The wishes in the mail that begins with these bytes."""
        fields = [(name.lower(), _text(value)) for name, value in _HEADERS.parsebytes(header).items()]
        return [wish for dialect in self._dialects for wish in dialect(fields)][:_MAX_WISHES]


def _text(value: object) -> str:
    """The field on one line, with what RFC 2047 encoded in plain."""
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    raw = " ".join(str(value).split())
    try:
        return str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError):
        return raw
