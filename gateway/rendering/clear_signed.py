"""Text that PGP signed where it stands, without the signature and what it put around the text.

Whether the signature is good is not asked, as with all others.

Spec: RFC 9580 7 (cleartext signature framework).
"""

import re
from collections.abc import Iterator

_BEGIN = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\r?\n(?:[A-Za-z-]{1,40}: [^\r\n]*\r?\n)*[ \t]*\r?\n",
    re.MULTILINE,
)
_SIGNATURE = re.compile(r"^-----BEGIN PGP SIGNATURE-----", re.MULTILINE)
_END = re.compile(r"^-----END PGP SIGNATURE-----[ \t]*\r?\n?", re.MULTILINE)
_ESCAPED = re.compile(r"^- ", re.MULTILINE)


def without_signature(text: str) -> str:
    """The text as its writer wrote it, with whatever stands around the signed part."""
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    at = 0
    while (begin := _BEGIN.search(text, at)) and (signature := _SIGNATURE.search(text, begin.end())):
        yield text[at : begin.start()]
        yield _ESCAPED.sub("", text[begin.end() : signature.start()])
        end = _END.search(text, signature.end())
        at = end.end() if end else len(text)
    yield text[at:]
