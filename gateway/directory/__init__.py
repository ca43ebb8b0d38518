"""Who a mail address belongs to: LDAP, Active Directory, Domino, SQL. docs/directory.md explains them."""

from gateway.directory.cache import Answer
from gateway.directory.directories import Directories, open_directories
from gateway.directory.logins import DirectoryLogins
from gateway.directory.screen import SenderScreen

__all__ = ["Answer", "Directories", "DirectoryLogins", "SenderScreen", "open_directories"]
