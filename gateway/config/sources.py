"""[folder], [imap], [microsoft365] and [exchange]: where mails lie until the gateway collects them."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FolderSection:
    """[folder.NAME]: a folder that programs drop mails and documents into."""

    path: Path | None = None  #: required
    sender: str = ""  #: whose faxes they are, who gets the answers; required
    trust_from: bool = False  #: whoever may write there may name another sender
    look_every: timedelta = timedelta(seconds=30)  #: where inotify tells nothing
