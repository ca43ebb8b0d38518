"""Who gets a fax, as the To header names him: `"Carl Orff" <+49301234567@fax.example.com>`.

The name is printed on the cover page, where the address itself names nobody.
"""

import re

from gateway.model.header_addresses import decoded, fields_in

_LONGEST = 200  # characters of a name
_NEAR = 500  # characters before the address in which its name stands
_NAME = re.compile(r'(?:"((?:[^"\\]|\\.){1,400})"|([^",;:<>]{1,400}))\s*\Z', re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_LETTER = re.compile(r"[^\W\d_]")


def name_beside(header: bytes, address: str) -> str:
    """The name that To or Cc gives to this address; "" without one.

    What mail programs write there when they know no name, the address or the number again, is none. Only what
    stands before the address is read: a mail to thousands asks for each of them.
    """
    wanted = re.compile(re.escape(f"<{address}>"), re.IGNORECASE)
    if wanted.search(header.decode("utf-8", "replace")) is None:
        return ""
    for text in fields_in(header, "To", "Cc"):
        found = wanted.search(text)
        if found and (name := _NAME.search(text, max(0, found.start() - _NEAR), found.start())):
            return _read(name[1] or name[2])
    return ""


def _read(written: str) -> str:
    name = decoded(_QUOTED_PAIR.sub(r"\1", written)).strip(" '\"")
    is_name = "@" not in name and not name.startswith(("[", "=?")) and _LETTER.search(name)
    return name[:_LONGEST] if is_name else ""
