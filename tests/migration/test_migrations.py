"""The migrations lead to the tables of this version, and a node does not serve on any others."""

import asyncio
import re
import sqlite3
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from gateway.config.schema import NodeSection, QueueSection
from gateway.errors import ConfigError
from gateway.store import migrate, open_store
from gateway.store.tables import REVISION, metadata
from tests.fakes.wakeups import RememberedWakeups
from tests.fix_postgres import Postgres


def sqlite_schema(file: Path) -> set[str]:
    """Every table and index, without the layout of the text."""
    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {normal(sql) for (sql,) in rows if "alembic_version" not in sql}


def normal(sql: str) -> str:
    """The statement with its constraints in the order of the alphabet: their order means nothing."""
    head, bracket, body = re.sub(r"\s+", " ", sql).partition("(")
    parts = re.split(r", (?=CONSTRAINT )", body.rstrip(") "))
    return head + bracket + ", ".join([parts[0], *sorted(part.rstrip(") ") for part in parts[1:])])


def test_migrating_sqlite_makes_the_tables_of_this_version(tmp_path: Path):
    migrate(QueueSection(), NodeSection(data_dir=tmp_path))
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    metadata.create_all(engine)
    engine.dispose()

    assert sqlite_schema(tmp_path / "queue.db") == sqlite_schema(tmp_path / "fresh.db")


def test_migrating_postgresql_makes_the_tables_of_this_version(postgres: Postgres, postgres_url: str):
    fresh = postgres.new_database()
    engine = sa.create_engine(fresh.replace("postgresql://", "postgresql+psycopg://"))
    metadata.create_all(engine)
    engine.dispose()

    assert dumped(postgres, postgres_url) == dumped(postgres, fresh)


def dumped(postgres: Postgres, url: str) -> str:
    """The DDL; without the random words that newer versions of pg_dump put around it."""
    text = postgres.dump_schema(url)
    return "\n".join(line for line in text.splitlines() if not re.match(r"--|\\(un)?restrict", line))


def test_the_newest_migration_is_the_one_this_version_knows():
    config = Config()
    config.set_main_option("script_location", "gateway.store:migrations")
    config.set_main_option("path_separator", "os")

    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_migrating_twice_changes_nothing(tmp_path: Path):
    section = NodeSection(data_dir=tmp_path)

    assert migrate(QueueSection(), section) == REVISION
    assert migrate(QueueSection(), section) == REVISION


async def test_a_new_sqlite_file_gets_its_tables_by_itself_also_from_many_processes_at_once(tmp_path: Path):
    node = NodeSection(data_dir=tmp_path / "not" / "there" / "yet")

    async def open_and_use() -> int:
        async with open_store(QueueSection(), node, RememberedWakeups()) as store:
            return len(await store.jobs.list())

    assert await asyncio.gather(*(open_and_use() for _ in range(4))) == [0, 0, 0, 0]
    assert (tmp_path / "not" / "there" / "yet").stat().st_mode & 0o077 == 0


async def test_a_database_without_tables_is_not_served_on(postgres: Postgres, tmp_path: Path):
    with pytest.raises(ConfigError, match=r"no tables yet\. Run: faxgw migrate"):
        await opened(QueueSection(url=postgres.new_database()), tmp_path)


async def test_older_tables_are_not_served_on_before_they_are_migrated(postgres_url: str, tmp_path: Path):
    pretend_revision(postgres_url, "0000")

    with pytest.raises(ConfigError, match=r"older faxgw \(0000, needed is .*faxgw migrate"):
        await opened(QueueSection(url=postgres_url), tmp_path)


async def test_newer_tables_are_neither_served_on_nor_migrated(postgres_url: str, tmp_path: Path):
    pretend_revision(postgres_url, "9999")

    with pytest.raises(ConfigError, match=r"newer faxgw \(9999.*Update faxgw"):
        await opened(QueueSection(url=postgres_url), tmp_path)
    with pytest.raises(ConfigError, match="newer faxgw"):
        migrate(QueueSection(url=postgres_url), NodeSection(data_dir=tmp_path))


async def opened(queue: QueueSection, folder: Path) -> None:
    async with open_store(queue, NodeSection(data_dir=folder), RememberedWakeups()):
        pass


def pretend_revision(url: str, revision: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [revision])


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE job SET state = 'resolving'",
        "UPDATE job SET leased_by = 'one'",
        "UPDATE job SET leased_by = 'one', leased_until = due_at",
        "UPDATE job SET state = 'lost'",
        "UPDATE job SET submission_id = 'nobody'",
    ],
)
async def test_the_database_itself_refuses_states_that_mean_nothing(site_with_a_job: str, broken: str):
    engine = sa.create_engine(site_with_a_job)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA foreign_keys = ON")
            with pytest.raises(sa.exc.IntegrityError):
                connection.exec_driver_sql(broken)
    finally:
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
async def site_with_a_job(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    from tests.contract.queued import MAIL, a_submission

    is_postgres = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if is_postgres else ""
    async with open_store(
        QueueSection(url=url), NodeSection(data_dir=tmp_path), RememberedWakeups()
    ) as store:
        await store.jobs.submit(a_submission(), MAIL)
    if is_postgres:
        return url.replace("postgresql://", "postgresql+psycopg://")
    return f"sqlite:///{tmp_path / 'queue.db'}"
