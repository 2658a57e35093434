"""The ledger and the documents that were handed in with it; nothing is ever changed or deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from posture.migrations.append_only import append_only

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables and what keeps them append-only."""
    op.create_table(
        "ledger",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("statement", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "attachments",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    for table in ("ledger", "attachments"):
        append_only(table)
