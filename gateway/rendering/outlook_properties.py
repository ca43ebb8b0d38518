"""The properties of what Outlook saves: a number, a type and bytes each.

Spec: [MS-OXPROPS] (the properties), [MS-OXCDATA] 2.11 (their types).
"""

import struct
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from gateway.rendering.outlook_codecs import WESTERN
from gateway.rendering.outlook_names import Names
from renderers import decoded

#: Property types.
TEXT8, TEXT16, BINARY, OBJECT = 0x001E, 0x001F, 0x0102, 0x000D


_EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001  all moments here are of UTC
_FLOAT = struct.Struct("<d")


@dataclass(slots=True)
class Properties:
    """The properties of a mail or attachment, as far as they are needed: id -> type and bytes."""

    values: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    names: Names = field(default_factory=dict)  #: of properties that each file numbers anew
    codec: str = WESTERN  #: of 8-bit text
    recipients: "list[Properties]" = field(default_factory=list)  #: as far as a file tells of each

    def named(self, of_set: int, number: int) -> int:
        """The number that a named property has in this file; 0 without it."""
        return self.names.get((of_set, number), 0)

    def text(self, *ids: int) -> str:
        """The first of these that is there and not empty, without its ending zero; or ""."""
        for number in ids:
            kind, data = self.values.get(number, (0, b""))
            text = data.decode("utf-16-le", "replace") if kind == TEXT16 else decoded(data, self.codec)
            text = text.rstrip("\0")
            if text and kind in (TEXT8, TEXT16):
                return text
        return ""

    def bytes(self, number: int) -> bytes:
        """The property as it stands; b"" without it."""
        return self.values.get(number, (0, b""))[1]

    def number(self, number: int) -> int:
        """A whole number of 32 bits; 0 without it."""
        return int.from_bytes(self.bytes(number)[:4], "little")

    def float(self, number: int) -> float:
        """A number of 64 bits with a point; 0 without it."""
        data = self.bytes(number)[:8]
        return float(_FLOAT.unpack(data)[0]) if len(data) == _FLOAT.size else 0.0

    def when(self, *ids: int) -> datetime | None:
        """The first of these FILETIMEs that is there, in UTC ([MS-DTYP] 2.3.3: 100 ns since 1601)."""
        for number in ids:
            if ticks := int.from_bytes(self.bytes(number)[:8], "little"):
                with suppress(OverflowError):
                    return _EPOCH + timedelta(microseconds=ticks // 10)
        return None

    def moment(self, number: int) -> str:
        """A FILETIME as a mail's Date says it; "" without it."""
        when = self.when(number)
        return format_datetime(when.replace(tzinfo=UTC)) if when else ""


def person(item: Properties, name: int, *addresses: int) -> str:
    """Name and address, as far as they are known; addresses inside of Exchange are none that people read."""
    called = item.text(name).replace('"', "")
    address = next(
        (one for one in map(item.text, addresses) if "@" in one and not one.startswith("/")),
        "",
    )
    return f'"{called}" <{address}>' if called and address else called or address
