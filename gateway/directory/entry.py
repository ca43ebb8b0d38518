"""An entry of an LDAP directory, and how text gets into a filter without becoming part of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._-")
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: attribute names in lower case, values as text."""

    dn: str
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    server: str = ""  #: that a referral led to; "" is one of the directory's own

    def all(self, attribute: str) -> tuple[str, ...]:
        """Every value of an attribute."""
        return self.attributes.get(attribute.lower(), ())

    def first(self, *attributes: str) -> str:
        """The first value of the first of these attributes that has one, or ""."""
        return next((values[0] for name in attributes if (values := self.all(name))), "")


def escaped(text: str) -> str:
    r"""`text` as a value in a filter: whatever could mean something becomes \XX (RFC 4515 3).

    Raises:
        ValueError: it is no text (lone surrogates).
    """
    return "".join(chr(byte) if byte in _PLAIN else f"\\{byte:02x}" for byte in text.encode())


def filled(template: str, **values: str) -> str:
    """The filter `template` with its {fields} replaced by escaped values, all in one go."""
    return _FIELD.sub(lambda match: escaped(values.get(match[1], "")), template)
