"""Neighbours as fixtures, a file each, and their versions in the header of every run."""

import sqlite3
import subprocess
from importlib.metadata import version

from tests.fix_postgres import postgres_programs

pytest_plugins = [
    "tests.fix_postgres",
]


def pytest_report_header() -> list[str]:
    """The versions of what the product stands on."""
    postgres = subprocess.run([postgres_programs() / "postgres", "--version"], capture_output=True, text=True)
    return [
        f"sqlalchemy {version('sqlalchemy')}, psycopg {version('psycopg')}, SQLite {sqlite3.sqlite_version}",
        postgres.stdout.strip(),
    ]
