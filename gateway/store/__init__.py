"""The queue in SQL: SQLite on one machine, PostgreSQL for more than one."""

from gateway.store.schema_version import migrate
from gateway.store.store import Store, open_store

__all__ = ["Store", "migrate", "open_store"]
