"""A PostgreSQL of our own: made in a temporary folder, listening on a Unix socket there, gone at the end.

`postgres` is the server (one a run, or one a worker of pytest-xdist); `postgres_url` names a database of the
test's own, copied from a template with the tables in it.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from gateway.config.schema import NodeSection, QueueSection
from gateway.store import migrate

_TEMPLATE = "faxgw_template"
_PORT = 5432  # only the name of the socket file: nothing listens on the network


def postgres_programs() -> Path:
    """The folder of initdb and pg_ctl.

    Raises:
        RuntimeError: PostgreSQL is not installed.
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if folders:
        return folders[-1].parent
    found = shutil.which("initdb")
    if found is None:
        raise RuntimeError("PostgreSQL is not installed. Run: apt-get install postgresql-15")
    return Path(found).parent


def pytest_report_header() -> str:
    """The version that tests run against."""
    program = postgres_programs() / "postgres"
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


class Postgres:
    """A server that can be stopped, started and killed."""

    def __init__(self, folder: Path) -> None:
        self._programs = postgres_programs()
        self.folder = folder
        self._data = folder / "data"
        self._databases = 0
        # PostgreSQL refuses to run as root; Debian's package has made a user for it.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)

    def create(self) -> None:
        """The server's files are made."""
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        settings = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.folder}'",
            "port": _PORT,
            "max_connections": 200,
            "logging_collector": "off",
        }
        with (self._data / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def start(self) -> None:
        """The server takes connections."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "fast") -> None:
        """The server is gone; with mode "immediate" as after a crash."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    def is_running(self) -> bool:
        """The server has not been stopped."""
        return (self._data / "postmaster.pid").exists()

    def url(self, database: str) -> str:
        """How to reach it."""
        return f"postgresql://postgres@/{database}?host={self.folder}&port={_PORT}"

    def new_database(self, template: str = "template1") -> str:
        """The URL of a database that nobody else uses."""
        self._databases += 1
        name = f"test_{self._databases}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def execute(self, statement: str) -> None:
        """The statement has run in the database "postgres"."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def dump_schema(self, url: str) -> str:
        """The DDL of a database."""
        return self._run("pg_dump", "--schema-only", "--no-owner", "-T", "alembic_version", "-d", url)

    def _run(self, program: str, *arguments: str) -> str:
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open as long as the server runs
            done = subprocess.run(
                [str(self._programs / program), *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self._user,
                cwd="/",
                timeout=120,
                check=False,
            )
            output.seek(0)
            text = output.read()
        if done.returncode:
            raise RuntimeError(f"{program} failed: {text}")
        return text


@contextmanager
def _a_server() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="faxgw-pg-"))
    server = Postgres(folder)
    server.create()
    server.start()
    try:
        yield server
    finally:
        if server.is_running():
            server.stop("immediate")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running server, with the template of databases that have the tables."""
    with _a_server() as server:
        server.execute(f"CREATE DATABASE {_TEMPLATE}")
        migrate(QueueSection(url=server.url(_TEMPLATE)), NodeSection(name="template"))
        yield server


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server of the test's own, to be stopped and started."""
    with _a_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """A database of the test's own, with the tables."""
    return postgres.new_database(_TEMPLATE)
