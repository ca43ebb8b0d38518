"""Which tables a database has, and bringing it to those of this version.

A node does not serve on tables it does not know: older ones want `faxgw migrate`, newer ones a newer faxgw.
"""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.config.schema import NodeSection, QueueSection
from gateway.errors import ConfigError
from gateway.store.database import Turn, database_url, open_engine
from gateway.store.failure import DRIVER_ERRORS, translated
from gateway.store.tables import REVISION

_MIGRATION_LOCK = 0x66617867  # pg_advisory_lock: two nodes do not migrate at once


def migrate(queue: QueueSection, node: NodeSection) -> str:
    """The revision of the database, which has every table of this version now.

    Raises:
        ConfigError: the database is of a newer version.
        StoreUnavailable: it cannot be reached.
    """
    url = database_url(queue, node)
    if url.get_backend_name() == "sqlite":
        folder = Path(f"{url.database}").parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"The queue's folder {folder} cannot be made: {error.strerror}. Check node.data_dir."
            ) from error
        turn = Turn(Path(f"{url.database}").with_suffix(".lock"))
        try:
            with turn:
                return _migrate(sa.URL.create("sqlite", database=url.database), node.identity)
        finally:
            turn.close()
    return _migrate(url, node.identity)


def prepare(queue: QueueSection, node: NodeSection) -> None:
    """The database can be served on; a new SQLite file gets its tables.

    Raises:
        ConfigError: it has other tables than this version knows.
        StoreUnavailable: it cannot be reached.
    """
    url = database_url(queue, node)
    if url.get_backend_name() == "sqlite" and _is_new(Path(f"{url.database}")):
        migrate(queue, node)
    engine = open_engine(url, node.identity)
    try:
        with engine.connect() as connection:
            _check(_revision(connection))
    except DRIVER_ERRORS as error:
        raise translated(error) from error
    finally:
        engine.dispose()


def _is_new(file: Path) -> bool:
    """Nothing is in it, or its first tables are being made by another process just now."""
    if not file.exists() or file.stat().st_size == 0:
        return True
    engine = open_engine(sa.URL.create("sqlite", database=str(file)), "")
    try:
        with engine.connect() as connection:
            return not sa.inspect(connection).get_table_names()
    except DRIVER_ERRORS as error:
        raise translated(error) from error
    finally:
        engine.dispose()


def _migrate(url: sa.URL, name: str) -> str:
    # Imported here: only those who migrate wait for it.
    from alembic import command
    from alembic.config import Config

    engine = open_engine(url, name)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_lock(_MIGRATION_LOCK)))
            if (_revision(connection) or "") > REVISION:
                _check(_revision(connection))
            config = Config()
            config.set_main_option("script_location", "gateway.store:migrations")
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return _revision(connection) or ""
    except DRIVER_ERRORS as error:
        raise translated(error) from error
    finally:
        engine.dispose()


def _revision(connection: Connection) -> str | None:
    """The newest migration that was applied, or None without any table."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _check(revision: str | None) -> None:
    if revision == REVISION:
        return
    if revision is None:
        raise ConfigError("The queue database has no tables yet. Run: faxgw migrate -c FILE")
    if revision < REVISION:
        raise ConfigError(
            f"The queue database has the tables of an older faxgw ({revision}, needed is {REVISION}). "
            "Run: faxgw migrate -c FILE"
        )
    raise ConfigError(
        f"The queue database has the tables of a newer faxgw ({revision}, known is {REVISION}). "
        "Update faxgw on this node."
    )
