"""Run by Alembic for every upgrade; the connection comes from ``migrations.upgrade``."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # SQLite can undo a change of tables; Alembic assumes otherwise.
    transactional_ddl=True,
)
context.run_migrations()
