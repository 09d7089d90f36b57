"""Alembic runs this to find out where the schema changes go: to the connection it was given."""

from alembic import context
from switchyard_history.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
