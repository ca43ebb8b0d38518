"""How Alembic runs the migrations: always on a connection that `gateway.store.migrate` has opened."""

from alembic import context

from gateway.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=False)
connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.dialect.name == "sqlite" else "BEGIN")
try:
    context.run_migrations()
except BaseException:
    connection.exec_driver_sql("ROLLBACK")
    raise
connection.exec_driver_sql("COMMIT")
