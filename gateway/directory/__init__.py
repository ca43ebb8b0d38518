"""Who a mail address belongs to: LDAP, Active Directory, Domino, SQL. docs/directory.md explains them."""

from gateway.directory.cache import Answer
from gateway.directory.directories import Directories, open_directories

__all__ = ["Answer", "Directories", "open_directories"]
