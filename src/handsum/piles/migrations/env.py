"""How Alembic runs the steps: on the connection, and in the transaction, that the store opened."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transaction_per_migration=False,
    transactional_ddl=True,
)
context.run_migrations()
