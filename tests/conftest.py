"""Neighbours as fixtures, a file each; each one says its versions in the header of every run."""

import sqlite3
from importlib.metadata import version

pytest_plugins = [
    "tests.fix_certificates",
    "tests.fix_postgres",
    "tests.fix_slapd",
    "tests.fix_samba",
]


def pytest_report_header() -> str:
    """The versions of what the queue stands on."""
    return (
        f"sqlalchemy {version('sqlalchemy')}, psycopg {version('psycopg')}, SQLite {sqlite3.sqlite_version}"
    )
