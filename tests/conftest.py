"""Neighbours as fixtures, a file each; each one says its versions in the header of every run."""

import os
import sqlite3
from importlib.metadata import version

from hypothesis import settings

# The same examples at every run, so that a red run means a change. To look for new ones:
# HYPOTHESIS_PROFILE=explore ./run check
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

pytest_plugins = [
    "tests.fix_store",
    "tests.fix_certificates",
    "tests.fix_postgres",
    "tests.fix_slapd",
    "tests.fix_samba",
    "tests.fix_dovecot",
    "tests.fix_postfix",
    "tests.fix_graph",
    "tests.fix_exchange",
]


def pytest_report_header() -> str:
    """The versions of what the queue stands on."""
    return (
        f"sqlalchemy {version('sqlalchemy')}, psycopg {version('psycopg')}, SQLite {sqlite3.sqlite_version}"
    )
