"""What Outlook's properties without a number of their own are: each file numbers them anew, from 0x8000 on.

Spec: [MS-OXMSG] 2.2.3 (the storage of names), [MS-OXPROPS] 1.3.2 (the sets).
"""

import struct

from renderers import compound_file

Names = dict[tuple[int, int], int]  #: set and number in the set -> the number in this file

#: The first four bytes of the sets' GUIDs.
APPOINTMENT, TASK, ADDRESS, COMMON, MEETING = 0x00062002, 0x00062003, 0x00062004, 0x00062008, 0x6ED8DA90

_STORAGE, _SETS, _ENTRIES = "__nameid_version1.0", "__substg1.0_00020102", "__substg1.0_00030102"
_ENTRY = struct.Struct("<IHH")  # number or place of a text, kind and set, count
_GUID, _FIRST_OF_FILE = 16, 3
_FIRST, _MOST = 0x8000, 4000


def names_in(root: compound_file.Storage) -> Names:
    """The names of a .msg file, for the mails inside of it, too; those that are texts are left out."""
    storage = root.storages.get(_STORAGE)
    if storage is None:
        return {}
    sets, entries = storage.streams.get(_SETS, b""), storage.streams.get(_ENTRIES, b"")
    entries = entries[: len(entries) // _ENTRY.size * _ENTRY.size][: _MOST * _ENTRY.size]
    found: Names = {}
    for number, kind, count in _ENTRY.iter_unpack(entries):
        start = ((kind >> 1) - _FIRST_OF_FILE) * _GUID
        if not kind & 1 and 0 <= start <= len(sets) - _GUID:
            found[set_of(sets[start:]), number] = _FIRST + count
    return found


def set_of(guid: bytes) -> int:
    """The set that a GUID means."""
    return int.from_bytes(guid[:4], "little")
