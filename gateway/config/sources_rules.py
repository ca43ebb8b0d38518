"""What the settings of mailboxes and folders may be, and which of them are needed."""

from datetime import timedelta
from typing import Any

from gateway.config import values
from gateway.config.sources import FolderSection
from gateway.config.values import Reader

_SECOND, _HOUR = timedelta(seconds=1), timedelta(hours=1)

#: `section.*.setting` -> how it is read.
SOURCE_RULES: dict[str, Reader] = {
    "folder.*.path": values.optional_path,
    "folder.*.sender": values.optional(values.mailbox),
    "folder.*.look_every": values.duration(_SECOND, _HOUR),
}

#: Sections of which there may be several, each with a name of its own.
SOURCES: dict[str, Any] = {"folder": FolderSection}


def lacking_in_source(section: object) -> list[tuple[str, str]]:
    """Settings that this section cannot do without, each with an example."""
    wanted: dict[str, str] = {}
    if isinstance(section, FolderSection):
        wanted = {"path": '"/var/spool/faxgw/drop"', "sender": '"sap@example.com"'}
    return [(name, example) for name, example in wanted.items() if not getattr(section, name)]
