"""What Alembic runs: the store hands over its connection."""

from __future__ import annotations

from alembic import context

with context.begin_transaction():
    context.configure(connection=context.config.attributes["connection"])
    context.run_migrations()
