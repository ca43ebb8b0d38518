"""What a mail asks for beside its number and documents. One file a dialect, all of them read.

A dialect is a function from the header of the mail to wishes, or stands in the text (`body.py`). They are
read only in mails of senders we know: the intake and `gateway.resolving.identity` let no others through.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from gateway.model.attached import Text
from gateway.model.body_codes import BODY_DIALECTS
from gateway.model.mail_header import HEADER_SIZE, header_of
from gateway.model.options import Wish
from gateway.resolving.options import body, facsys, faxgw, gfi, hylafax

Dialect = Callable[[Sequence[tuple[str, str]]], list[Wish]]

#: By the names of [options] dialects; those of BODY_DIALECTS are no fields.
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {"faxgw": faxgw.wishes, "gfi": gfi.wishes, "hylafax": hylafax.wishes, "facsys": facsys.wishes}
)
_MAX_WISHES = 50


class MailWishes:
    """The wishes in a mail, in the dialects of a site; `texts_in` finds the texts in one."""

    def __init__(self, dialects: Iterable[str], texts_in: Callable[[bytes], Iterable[Text]]) -> None:
        names = list(dialects)
        self._dialects = [DIALECTS[name] for name in names if name in DIALECTS]
        self._in_text = BODY_DIALECTS.intersection(names)
        self._texts_in = texts_in
        self._found = lru_cache(maxsize=2)(self._find)  # all jobs of a mail ask

    def __call__(self, message: bytes) -> list[Wish]:
        """The wishes in the mail that begins with these bytes: of its fields, then of its text."""
        return list(self._found(message))

    def _find(self, message: bytes) -> list[Wish]:
        header = header_of(message[:HEADER_SIZE])
        fields = [(name.lower(), _text(value)) for name, value in header.items()]
        found = [wish for dialect in self._dialects for wish in dialect(fields)]
        if self._in_text:
            found += body.wishes(self._texts_in(message), self._in_text)
        return found[:_MAX_WISHES]


def _text(value: object) -> str:
    """The field on one line, with what RFC 2047 encoded in plain."""
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    raw = " ".join(str(value).split())
    try:
        return str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError):
        return raw
